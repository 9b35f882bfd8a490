#include "identity/provider_call.hpp"

#include <algorithm>

#include "common/digest.hpp"
#include "common/log.hpp"
#include "common/schema.hpp"
#include "common/text.hpp"
#include "http/target.hpp"

namespace factory::identity {
namespace {

using nlohmann::json;

constexpr Millis kPatience{5'000};
constexpr std::size_t kLargestAnswer = 512U << 10U;

HttpRequest request_to(const ProviderConfig& config, std::string url) {
  HttpRequest request;
  request.url = std::move(url);
  request.timeout = kPatience;
  request.max_response_bytes = kLargestAnswer;
  request.ca_file = config.ca_file;
  request.headers.emplace_back("Accept", "application/json");
  return request;
}

/// The document of an answer, or why there is none. What it says is for the log alone.
Result<json> document_of(const ProviderConfig& config, const Result<HttpResponse>& answer) {
  if (!answer) {
    log(LogLevel::warning, "an identity provider cannot be reached",
        {{"provider", config.name}, {"reason", answer.error().detail}});
    return not_reached(config, "it does not answer");
  }
  Result<json> document = parse_json(answer->body);
  if (!document) return not_reached(config, "its answer is no JSON");
  return document;
}

std::string domain_of(const std::string& email) {
  const std::size_t at = email.rfind('@');
  if (at == std::string::npos) return {};
  return ascii_lower(email.substr(at + 1));
}

}  // namespace

Error not_reached(const ProviderConfig& config, const std::string& why) {
  return {ErrorCode::unavailable,
          "The identity provider " + config.title + " cannot be used right now: " + why + ".",
          "Try again in a moment, or log in another way.",
          {},
          {}};
}

Error not_believed(const ProviderConfig& config, const std::string& why) {
  log(LogLevel::warning, "a login was refused", {{"provider", config.name}, {"reason", why}});
  return {ErrorCode::unauthenticated,
          "The login at " + config.title + " is refused: " + why + ".",
          "Begin the login again.",
          {},
          {}};
}

std::string encode_form(const Params& params) {
  std::string form;
  for (const auto& [name, value] : params) {
    if (!form.empty()) form += '&';
    form += http::percent_encode(name) + "=" + http::percent_encode(value);
  }
  return form;
}

std::string with_query(std::string url, const Params& params) {
  url += url.find('?') == std::string::npos ? '?' : '&';
  return url + encode_form(params);
}

std::string text_of(const json& object, const std::string& name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool is_bearer(std::string_view token) {
  return !token.empty() &&
         std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

std::vector<std::string> texts_of(const json& value) {
  if (value.is_string()) return {value.get<std::string>()};
  std::vector<std::string> texts;
  if (!value.is_array()) return texts;
  for (const json& item : value) {
    if (item.is_string()) texts.push_back(item.get<std::string>());
  }
  return texts;
}

Result<json> get_json(HttpClient& client, const ProviderConfig& config, const std::string& url,
                      const std::string& token) {
  HttpRequest request = request_to(config, url);
  if (!token.empty()) request.headers.emplace_back("Authorization", "Bearer " + token);
  const Result<HttpResponse> answer = client.send(request);
  Result<json> document = document_of(config, answer);
  if (!document) return document;
  if (answer->status != 200) {
    return not_reached(config, "it answers with status " + std::to_string(answer->status));
  }
  return document;
}

Result<json> redeem_code(HttpClient& client, const ProviderConfig& config,
                         const std::string& token_url, const Redemption& redemption) {
  HttpRequest request = request_to(config, token_url);
  request.method = "POST";
  request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  Params params{{"grant_type", "authorization_code"},
                {"code", redemption.code},
                {"redirect_uri", redemption.redirect_uri},
                {"code_verifier", redemption.verifier}};
  if (config.client_secret.empty() || config.secret_in_body) {
    params.emplace_back("client_id", config.client_id);
    if (!config.client_secret.empty()) params.emplace_back("client_secret", config.client_secret);
  } else {
    // RFC 6749 section 2.3.1: each part is encoded as in a form first.
    request.headers.emplace_back("Authorization",
                                 "Basic " + base64(http::percent_encode(config.client_id) + ":" +
                                                   http::percent_encode(config.client_secret)));
  }
  request.body = encode_form(params);
  const Result<HttpResponse> answer = client.send(request);
  Result<json> document = document_of(config, answer);
  if (!document) return document;
  if (!document->is_object() || document->contains("error") || answer->status != 200) {
    // GitHub says so with status 200.
    const std::string reason = document->is_object() ? text_of(*document, "error") : "";
    if (answer->status >= 500) {
      return not_reached(config, "it answers with status " + std::to_string(answer->status));
    }
    log(LogLevel::warning, "an identity provider refused a code",
        {{"provider", config.name}, {"reason", reason}});
    return not_believed(config, "the provider does not take its code");
  }
  return document;
}

Result<ProvenUser> admit(const ProviderConfig& config, const Claims& claims) {
  const auto& domains = config.allowed_domains;
  const std::string domain = domain_of(claims.verified_email);
  if (!domains.empty() && std::find(domains.begin(), domains.end(), domain) == domains.end()) {
    return Error{ErrorCode::forbidden,
                 claims.verified_email.empty() ? config.title + " has verified no address of yours."
                                               : "Addresses of " + domain + " may not log in here.",
                 "Log in with an address of " + domains.front() + ", or ask an owner.",
                 {},
                 {}};
  }
  ProvenUser user;
  user.issuer = config.issuer;
  user.subject = claims.subject;
  user.name = claims.wanted_name.empty() ? claims.subject : claims.wanted_name;
  user.display_name = claims.display_name;
  user.email = claims.verified_email;
  user.role = config.default_role;
  bool mapped = false;
  for (const std::string& group : claims.groups) {
    if (const auto ours = config.groups.find(group); ours != config.groups.end()) {
      user.groups.push_back(ours->second);
    }
    const auto role = config.roles.find(group);
    if (role == config.roles.end()) continue;
    // The enumerators stand with the mightiest first.
    if (!mapped || role->second < user.role) user.role = role->second;
    mapped = true;
  }
  std::sort(user.groups.begin(), user.groups.end());
  user.groups.erase(std::unique(user.groups.begin(), user.groups.end()), user.groups.end());
  return user;
}

}  // namespace factory::identity
