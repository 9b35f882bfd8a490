#include "effects/notify_settings.hpp"

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "common/paths.hpp"
#include "common/schema.hpp"
#include "common/standard_webhooks.hpp"
#include "common/text.hpp"
#include "identity/login_config.hpp"

namespace factory::effects {

namespace {

using nlohmann::json;

/// What the file may hold. It is not a part of the public surface, so it stands here. SECRET is a
/// text or where it is kept.
constexpr std::string_view kSchema = R"({
  "type": "object",
  "properties": {
    "discord": {"type": "object", "properties": {
      "url": SECRET, "alert_url": SECRET,
      "username": {"type": "string", "minLength": 1, "maxLength": 80}
    }, "required": ["url"], "additionalProperties": false},
    "slack": {"type": "object", "properties": {"url": SECRET},
      "required": ["url"], "additionalProperties": false},
    "webhook": {"type": "object", "properties": {
      "url": {"type": "string", "minLength": 8, "maxLength": 1000}, "secret": SECRET
    }, "required": ["url", "secret"], "additionalProperties": false},
    "email": {"type": "object", "properties": {
      "host": {"type": "string", "minLength": 1, "maxLength": 253},
      "port": {"type": "integer", "minimum": 1, "maximum": 65535, "default": 587},
      "security": {"type": "string", "enum": ["starttls", "tls", "none"], "default": "starttls"},
      "user": {"type": "string", "minLength": 1, "maxLength": 300},
      "password": SECRET,
      "from": {"type": "string", "minLength": 3, "maxLength": 254},
      "from_name": {"type": "string", "minLength": 1, "maxLength": 100},
      "ca_file": {"type": "string", "minLength": 1, "maxLength": 1000}
    }, "required": ["host", "from"], "additionalProperties": false},
    "sms": PROVIDER,
    "phone": PROVIDER,
    "log": {"type": "boolean", "default": false},
    "digest": {"type": "object", "properties": {
      "above": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 5},
      "minutes": {"type": "integer", "minimum": 1, "maximum": 1440, "default": 10}
    }, "additionalProperties": false}
  },
  "additionalProperties": false
})";

constexpr std::string_view kProvider = R"({"type": "object", "properties": {
  "url": SECRET,
  "headers": {"type": "object", "maxProperties": 20, "additionalProperties": SECRET},
  "body": {"type": "string", "minLength": 1, "maxLength": 5000},
  "encoding": {"type": "string", "enum": ["form", "json"], "default": "form"}
}, "required": ["url", "body"], "additionalProperties": false})";

constexpr std::string_view kSecret = R"({"type": ["string", "object"],
  "minLength": 1, "maxLength": 2000,
  "properties": {
    "file": {"type": "string", "minLength": 1, "maxLength": 1000},
    "env": {"type": "string", "minLength": 1, "maxLength": 200}
  }, "additionalProperties": false})";

std::string with(std::string text, std::string_view what, std::string_view by) {
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
  return text;
}

const json& schema() {
  static const json made =
      json::parse(with(with(std::string(kSchema), "PROVIDER", kProvider), "SECRET", kSecret));
  return made;
}

class Reader {
 public:
  NotifySettings read(const json& document) {
    NotifySettings settings;
    settings.log = document.value("log", false);
    const json digest = document.value("digest", json::object());
    settings.digest_above = digest.value("above", 5);
    settings.digest_window = Millis{digest.value("minutes", 10) * std::int64_t{60'000}};
    if (document.contains("discord")) settings.discord = read_discord(document["discord"]);
    if (document.contains("slack")) {
      settings.slack = SlackSettings{address(document["slack"], "/slack", "url")};
    }
    if (document.contains("webhook")) settings.webhook = read_webhook(document["webhook"]);
    if (document.contains("email")) settings.email = read_email(document["email"]);
    if (document.contains("sms")) settings.sms = read_provider(document["sms"], "/sms");
    if (document.contains("phone")) settings.phone = read_provider(document["phone"], "/phone");
    return settings;
  }

  std::vector<FieldError> errors;

 private:
  std::string secret(const json& value, const std::string& at) {
    if (value.is_string()) return value.get<std::string>();
    const std::string file = value.value("file", "");
    const std::string variable = value.value("env", "");
    if (file.empty() == variable.empty()) {
      errors.push_back({at, "must be a text, {\"file\": …} or {\"env\": …}"});
      return {};
    }
    if (!variable.empty()) {
      const char* const found = std::getenv(variable.c_str());
      if (found == nullptr || *found == '\0') {
        errors.push_back({at + "/env", variable + " is not set"});
      }
      return found == nullptr ? "" : found;
    }
    auto text = read_secret_file(file);
    if (!text) {
      errors.push_back({at + "/file", text.error().detail + " " + text.error().hint});
      return {};
    }
    text->erase(text->find_last_not_of(" \t\r\n") + 1);
    return std::move(*text);
  }

  std::string address(const json& object, const std::string& base, const char* name) {
    if (!object.contains(name)) return {};
    const std::string at = base + "/" + name;
    std::string url = secret(object[name], at);
    if (!url.empty() && !identity::is_safe_address(url)) {
      errors.push_back({at, "must begin with https:// (http:// on this machine)"});
    }
    return url;
  }

  DiscordSettings read_discord(const json& object) {
    return {address(object, "/discord", "url"), address(object, "/discord", "alert_url"),
            object.value("username", "")};
  }

  SignedWebhookSettings read_webhook(const json& object) {
    SignedWebhookSettings settings{address(object, "/webhook", "url"), ""};
    const auto key = standard_webhooks::key_of(secret(object.at("secret"), "/webhook/secret"));
    if (key) {
      settings.key = *key;
    } else {
      errors.push_back({"/webhook/secret", "must be whsec_ and 24 to 64 bytes in base64"});
    }
    return settings;
  }

  MailSettings read_email(const json& object) {
    MailSettings settings;
    settings.from = object.at("from").get<std::string>();
    settings.from_name = object.value("from_name", "");
    if (!is_mail_address(settings.from)) {
      errors.push_back({"/email/from", "must be a mail address"});
    }
    SmtpServer& server = settings.server;
    server.host = object.at("host").get<std::string>();
    const bool host = std::all_of(server.host.begin(), server.host.end(), [](char c) {
      return is_ascii_alnum(c) || c == '.' || c == '-' || c == ':' || c == '[' || c == ']';
    });
    if (!host) errors.push_back({"/email/host", "must be the name of a host"});
    server.port = object.value("port", 587);
    const std::string security = object.value("security", "starttls");
    server.security = security == "tls"    ? SmtpSecurity::tls
                      : security == "none" ? SmtpSecurity::none
                                           : SmtpSecurity::starttls;
    server.user = object.value("user", "");
    if (object.contains("password"))
      server.password = secret(object["password"], "/email/password");
    server.ca_file = object.value("ca_file", "");
    if (server.security == SmtpSecurity::none && !server.user.empty() &&
        !identity::is_safe_address("http://" + server.host)) {
      errors.push_back({"/email/security", "would send the password over the net in clear"});
    }
    return settings;
  }

  ProviderSettings read_provider(const json& object, const std::string& at) {
    ProviderSettings settings;
    settings.url = address(object, at, "url");
    settings.body = object.at("body").get<std::string>();
    settings.form = object.value("encoding", "form") == "form";
    if (settings.body.find("{to}") == std::string::npos) {
      errors.push_back({at + "/body", "must say where {to} stands"});
    }
    const json headers = object.value("headers", json::object());
    for (const auto& [name, value] : headers.items()) {
      if (!is_token(name)) errors.push_back({at + "/headers", "has a name that is none"});
      settings.headers.emplace_back(name, secret(value, at + "/headers/" + name));
    }
    return settings;
  }
};

Error wrong(std::vector<FieldError> fields) {
  std::string detail = "The configuration of channels is not valid:";
  for (const FieldError& field : fields) detail += " " + field.pointer + " " + field.detail + ".";
  return {ErrorCode::invalid_request,
          std::move(detail),
          "Correct it and start again.",
          std::move(fields),
          {}};
}

}  // namespace

std::vector<std::string> NotifySettings::kinds() const {
  std::vector<std::string> all;
  const auto add = [&all](bool has, NotifyChannel channel) {
    if (has) all.push_back(effect_kind(channel));
  };
  add(discord.has_value(), NotifyChannel::discord);
  add(slack.has_value(), NotifyChannel::slack);
  add(webhook.has_value(), NotifyChannel::webhook);
  add(log, NotifyChannel::log);
  add(email.has_value(), NotifyChannel::email);
  add(sms.has_value(), NotifyChannel::sms);
  add(phone.has_value(), NotifyChannel::phone);
  return all;
}

Result<NotifySettings> parse_notify_settings(std::string_view text) {
  const Result<json> document = parse_json(text);
  if (!document) return wrong({{"", document.error().detail}});
  if (auto errors = validate(schema(), *document); !errors.empty()) return wrong(std::move(errors));
  Reader reader;
  NotifySettings settings = reader.read(*document);
  if (!reader.errors.empty()) return wrong(std::move(reader.errors));
  return settings;
}

Result<NotifySettings> read_notify_settings(const std::string& file) {
  const Result<std::string> text = read_secret_file(file, 1U << 20U);
  if (!text) return text.error();
  Result<NotifySettings> settings = parse_notify_settings(*text);
  if (!settings) settings.error().detail = file + ": " + settings.error().detail;
  return settings;
}

}  // namespace factory::effects
