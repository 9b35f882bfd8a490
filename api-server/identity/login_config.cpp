#include "identity/login_config.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "common/paths.hpp"
#include "common/schema.hpp"
#include "common/text.hpp"
#include "domain/names.hpp"

namespace factory::identity {
namespace {

using nlohmann::json;

/// What the file may hold. It is not a part of the public surface, so it stands here.
constexpr std::string_view kSchema = R"({
  "type": "object",
  "properties": {
    "after_login": {"type": "array", "maxItems": 50,
                    "items": {"type": "string", "minLength": 8, "maxLength": 500}},
    "providers": {"type": "array", "minItems": 1, "maxItems": 20, "items": {
      "type": "object",
      "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 32},
        "title": {"type": "string", "minLength": 1, "maxLength": 80},
        "kind": {"type": "string", "enum": ["oidc", "github"], "default": "oidc"},
        "issuer": {"type": "string", "minLength": 8, "maxLength": 500},
        "authorize_url": {"type": "string", "minLength": 8, "maxLength": 500},
        "token_url": {"type": "string", "minLength": 8, "maxLength": 500},
        "user_url": {"type": "string", "minLength": 8, "maxLength": 500},
        "emails_url": {"type": "string", "minLength": 8, "maxLength": 500},
        "groups_url": {"type": "string", "minLength": 8, "maxLength": 500},
        "client_id": {"type": "string", "minLength": 1, "maxLength": 300},
        "client_secret": {"type": "string", "minLength": 1, "maxLength": 1000},
        "client_secret_file": {"type": "string", "minLength": 1, "maxLength": 1000},
        "client_auth": {"type": "string", "enum": ["basic", "post"], "default": "basic"},
        "scopes": {"type": "array", "maxItems": 30,
                   "items": {"type": "string", "minLength": 1, "maxLength": 100}},
        "name_claim": {"type": "string", "minLength": 1, "maxLength": 100},
        "groups_claim": {"type": "string", "minLength": 1, "maxLength": 100, "default": "groups"},
        "roles": {"type": "object", "maxProperties": 200, "additionalProperties":
                  {"type": "string", "enum": ["admin", "operator", "viewer"]}},
        "default_role": {"type": "string", "enum": ["operator", "viewer"], "default": "viewer"},
        "groups": {"type": "object", "maxProperties": 200, "additionalProperties":
                   {"type": "string", "minLength": 1, "maxLength": 64}},
        "sign_up": {"type": "boolean", "default": false},
        "allowed_domains": {"type": "array", "maxItems": 100,
                            "items": {"type": "string", "minLength": 3, "maxLength": 253}},
        "ca_file": {"type": "string", "minLength": 1, "maxLength": 1000}
      },
      "required": ["name", "client_id"],
      "additionalProperties": false
    }}
  },
  "required": ["providers"],
  "additionalProperties": false
})";

struct Defaults {
  std::string_view issuer, authorize_url, token_url, user_url, emails_url;
};
constexpr Defaults kGithub{"https://github.com", "https://github.com/login/oauth/authorize",
                           "https://github.com/login/oauth/access_token",
                           "https://api.github.com/user", "https://api.github.com/user/emails"};

class Reader {
 public:
  LoginConfig read(const json& document) {
    LoginConfig config;
    config.after_login = texts(document, "after_login");
    for (const std::string& url : config.after_login) check_address("/after_login", url);
    std::set<std::string> names;
    const json& list = document.at("providers");
    for (std::size_t i = 0; i < list.size(); ++i) {
      base_ = "/providers/" + std::to_string(i);
      config.providers.push_back(read_provider(list[i]));
      if (!names.insert(config.providers.back().name).second) {
        complain("/name", "is the name of another provider, too");
      }
    }
    return config;
  }

  std::vector<FieldError> errors;

 private:
  void complain(const std::string& member, std::string detail) {
    errors.push_back({base_ + member, std::move(detail)});
  }

  void check_address(const std::string& member, const std::string& url) {
    if (!is_safe_address(url))
      complain(member, "must begin with https:// (http:// on this machine)");
  }

  static std::vector<std::string> texts(const json& object, const char* name) {
    return object.value(name, std::vector<std::string>());
  }

  ProviderConfig read_provider(const json& object) {
    ProviderConfig provider;
    provider.name = object.at("name").get<std::string>();
    const bool plain = std::all_of(provider.name.begin(), provider.name.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
    if (!plain) complain("/name", "must be lower case letters, digits and dashes");
    if (provider.name == "providers") complain("/name", "is taken by the list of providers");
    provider.title = object.value("title", provider.name);
    provider.kind =
        object.value("kind", "oidc") == "github" ? ProviderKind::github : ProviderKind::oidc;
    provider.client_id = object.at("client_id").get<std::string>();
    provider.client_secret = read_secret(object);
    provider.secret_in_body = object.value("client_auth", "basic") == "post";
    read_addresses(object, provider);
    read_rights(object, provider);
    provider.ca_file = object.value("ca_file", "");
    return provider;
  }

  std::string read_secret(const json& object) {
    const std::string file = object.value("client_secret_file", "");
    if (file.empty()) return object.value("client_secret", "");
    if (object.contains("client_secret")) {
      complain("/client_secret", "stands beside client_secret_file; leave one of them out");
    }
    auto secret = read_secret_file(file);
    if (!secret) {
      complain("/client_secret_file", secret.error().detail + " " + secret.error().hint);
      return {};
    }
    secret->erase(secret->find_last_not_of(" \t\r\n") + 1);
    return std::move(*secret);
  }

  void read_addresses(const json& object, ProviderConfig& provider) {
    const bool github = provider.kind == ProviderKind::github;
    const auto take = [&](const char* name, std::string_view fallback) {
      std::string url = object.value(name, std::string(fallback));
      if (!url.empty()) check_address(std::string("/") + name, url);
      return url;
    };
    const Defaults known = github ? kGithub : Defaults{};
    provider.issuer = take("issuer", known.issuer);
    provider.authorize_url = take("authorize_url", known.authorize_url);
    provider.token_url = take("token_url", known.token_url);
    provider.user_url = take("user_url", known.user_url);
    provider.emails_url = take("emails_url", known.emails_url);
    provider.groups_url = take("groups_url", "");
    if (github) return;
    if (provider.issuer.empty()) complain("/issuer", "is missing");
    for (const char* const name :
         {"authorize_url", "token_url", "user_url", "emails_url", "groups_url"}) {
      if (object.contains(name)) {
        complain(std::string("/") + name, "belongs to the kind github; this one is discovered");
      }
    }
  }

  void read_rights(const json& object, ProviderConfig& provider) {
    const bool github = provider.kind == ProviderKind::github;
    provider.scopes = texts(object, "scopes");
    if (provider.scopes.empty()) {
      provider.scopes = github ? std::vector<std::string>{"read:user", "user:email"}
                               : std::vector<std::string>{"openid", "profile", "email"};
    }
    auto& scopes = provider.scopes;
    if (!github && std::find(scopes.begin(), scopes.end(), "openid") == scopes.end()) {
      scopes.insert(scopes.begin(), "openid");
    }
    provider.name_claim = object.value("name_claim", github ? "login" : "preferred_username");
    provider.groups_claim = object.value("groups_claim", "groups");
    provider.default_role =
        enum_from<Role>(object.value("default_role", "viewer")).value_or(Role::viewer);
    if (object.contains("roles")) {
      for (const auto& [group, role] : object["roles"].items()) {
        provider.roles[group] = enum_from<Role>(role.get<std::string>()).value_or(Role::viewer);
      }
    }
    provider.groups = object.value("groups", std::map<std::string, std::string>());
    for (const auto& [there, here] : provider.groups) {
      if (!is_name(here)) complain("/groups", there + ": the group " + std::string(name_form));
    }
    provider.sign_up = object.value("sign_up", false);
    provider.allowed_domains = texts(object, "allowed_domains");
    for (std::string& domain : provider.allowed_domains) domain = ascii_lower(domain);
  }

  std::string base_;
};

Error wrong(std::vector<FieldError> fields) {
  std::string detail = "The configuration of logins is not valid:";
  for (const FieldError& field : fields) detail += " " + field.pointer + " " + field.detail + ".";
  return {ErrorCode::invalid_request,
          std::move(detail),
          "Correct it and start again.",
          std::move(fields),
          {}};
}

}  // namespace

bool is_safe_address(std::string_view url) {
  const bool visible =
      std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  const std::size_t scheme = url.starts_with("https://") ? 8 : url.starts_with("http://") ? 7 : 0;
  if (!visible || scheme == 0 || url.find('#') != std::string_view::npos) return false;
  std::string_view host = url.substr(scheme);
  host = host.substr(0, host.find_first_of("/?\\"));
  if (host.empty() || host.find('@') != std::string_view::npos) return false;
  if (scheme == 8) return true;
  const std::size_t colon = host.rfind(':');
  const bool ported = colon != std::string_view::npos && host.find(']', colon) == host.npos;
  if (ported) host = host.substr(0, colon);
  return host == "localhost" || host == "127.0.0.1" || host == "[::1]";
}

Result<LoginConfig> parse_login_config(std::string_view text) {
  static const json schema = json::parse(kSchema);
  const Result<json> document = parse_json(text);
  if (!document) return wrong({{"", document.error().detail}});
  if (auto errors = validate(schema, *document); !errors.empty()) return wrong(std::move(errors));
  Reader reader;
  LoginConfig config = reader.read(*document);
  if (!reader.errors.empty()) return wrong(std::move(reader.errors));
  return config;
}

Result<LoginConfig> read_login_config(const std::string& file) {
  const Result<std::string> text = read_secret_file(file, 1U << 20U);
  if (!text) return text.error();
  Result<LoginConfig> config = parse_login_config(*text);
  if (!config) config.error().detail = file + ": " + config.error().detail;
  return config;
}

}  // namespace factory::identity
