#include "identity/login_routes.hpp"

#include <algorithm>
#include <utility>

#include "common/digest.hpp"
#include "common/text.hpp"
#include "http/problem.hpp"
#include "identity/provider_call.hpp"

namespace factory::identity {
namespace {

using http::Answer;
using http::Request;
using nlohmann::json;

constexpr Millis kTime{600'000};  ///< for the way to the provider and back
constexpr std::size_t kSecretBytes = 32;

/// A browser takes a cookie of the first name only over TLS, for this host alone, and never from a
/// neighbour (RFC 6265bis section 4.1.3.2).
constexpr std::string_view kSecureCookie = "__Host-factory_login";
constexpr std::string_view kPlainCookie = "factory_login";

bool is_https(std::string_view url) { return url.starts_with("https://"); }

std::string cookie_name(std::string_view url) {
  return std::string(is_https(url) ? kSecureCookie : kPlainCookie);
}

std::pair<std::string, std::string> set_cookie(std::string_view url, const std::string& value,
                                               Millis age) {
  std::string cookie =
      cookie_name(url) + "=" + value +
      "; Path=/; HttpOnly; SameSite=Lax; Max-Age=" + std::to_string(age.count() / 1000);
  if (is_https(url)) cookie += "; Secure";
  return {"Set-Cookie", std::move(cookie)};
}

std::string_view cookie_of(const http::Head& head, std::string_view name) {
  std::string_view rest = head.header("Cookie");
  while (!rest.empty()) {
    std::string_view pair = rest.substr(0, rest.find(';'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    pair.remove_prefix(std::min(pair.find_first_not_of(' '), pair.size()));
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name) {
      return pair.substr(equals + 1);
    }
  }
  return {};
}

std::string challenge_of(const std::string& verifier) {
  const Hash hash = sha256(verifier);
  return base64url({reinterpret_cast<const char*>(hash.data()), hash.size()});
}

Answer redirect(std::string location) {
  Answer answer;
  answer.status = 302;
  answer.headers.emplace_back("Location", std::move(location));
  return answer;
}

/// Behind `#` it stays in the browser: no server and no referrer sees it.
Answer end_at(const std::string& after_login, const Result<json>& outcome) {
  Params params;
  if (!outcome) {
    params = {{"error", std::string(to_string(outcome.error().code))},
              {"error_description", outcome.error().detail}};
  } else {
    for (const auto& [name, value] : outcome->items()) {
      if (value.is_structured()) continue;
      params.emplace_back(name, value.is_string() ? value.get<std::string>() : value.dump());
    }
  }
  return redirect(after_login + "#" + encode_form(params));
}

Error unknown_login() {
  return {ErrorCode::unauthenticated,
          "This login is not known: it took too long, was used already, or began in another "
          "browser.",
          "Begin again, in one browser and with cookies allowed.",
          {},
          {}};
}

}  // namespace

Logins::Logins(LoginParts parts) : parts_(std::move(parts)) {
  for (const ProviderConfig& config : parts_.config.providers) {
    providers_.push_back(config.kind == ProviderKind::github
                             ? make_github_provider(config, client_)
                             : make_oidc_provider(config, client_, parts_.clock));
  }
}

Logins::~Logins() = default;

void Logins::bind(http::Handlers& handlers) {
  handlers.bind("oauth.providers", [this](const Request& /*request*/) { return providers(); });
  handlers.bind("oauth.start", [this](const Request& request) { return start(request); });
  handlers.bind("oauth.callback", [this](const Request& request) { return callback(request); });
}

std::string Logins::redirect_uri(const ProviderConfig& provider) const {
  return parts_.public_url() + "/v1/auth/" + provider.name + "/callback";
}

Result<LoginProvider*> Logins::find(const Request& request) const {
  const std::string& name = request.path.at("provider");
  for (const auto& provider : providers_) {
    if (provider->config().name == name) return provider.get();
  }
  return Error{ErrorCode::not_found,
               "There is no identity provider " + excerpt(name, 64) + ".",
               "GET /v1/auth/providers lists those that there are.",
               {},
               {}};
}

Result<Answer> Logins::providers() const {
  json list = json::array();
  for (const auto& provider : providers_) {
    const ProviderConfig& config = provider->config();
    list.push_back({{"name", config.name},
                    {"title", config.title},
                    {"kind", config.kind == ProviderKind::github ? "github" : "oidc"},
                    {"start_url", parts_.public_url() + "/v1/auth/" + config.name + "/start"}});
  }
  Answer answer;
  answer.body = json{{"providers", std::move(list)}}.dump();
  return answer;
}

Result<Answer> Logins::start(const Request& request) {
  const Result<LoginProvider*> provider = find(request);
  if (!provider) return provider.error();
  const ProviderConfig& config = (*provider)->config();
  const std::string after_login = request.query.value("after_login", "");
  const auto& allowed = parts_.config.after_login;
  if (!after_login.empty() &&
      std::find(allowed.begin(), allowed.end(), after_login) == allowed.end()) {
    return http::field_error("query/after_login",
                             "must be one of the addresses that are configured as after_login");
  }
  const std::string state = random_token(kSecretBytes);
  const std::string browser = random_token(kSecretBytes);
  PendingLogin login{
      config.name,     random_token(kSecretBytes), random_token(kSecretBytes), after_login,
      sha256(browser), parts_.clock.now() + kTime};
  const Result<std::string> url = (*provider)->authorize(
      {redirect_uri(config), state, login.nonce, challenge_of(login.verifier)});
  if (!url) return url.error();
  pending_.put(state, std::move(login));
  Answer answer = redirect(*url);
  answer.headers.push_back(set_cookie(parts_.public_url(), browser, kTime));
  return answer;
}

Result<Answer> Logins::callback(const Request& request) {
  const Result<LoginProvider*> provider = find(request);
  if (!provider) return provider.error();
  const std::string url = parts_.public_url();
  const Hash browser = sha256(cookie_of(*request.head, cookie_name(url)));
  const auto login = pending_.take(request.query.value("state", ""), browser, parts_.clock.now());
  if (!login || login->provider != (*provider)->config().name) return unknown_login();
  Result<json> outcome = finish(request, *login, **provider);
  if (!outcome && login->after_login.empty()) return std::move(outcome.error());
  Answer answer;
  if (login->after_login.empty()) {
    answer.body = outcome->dump();
  } else {
    answer = end_at(login->after_login, outcome);
  }
  answer.headers.push_back(set_cookie(url, "", Millis{0}));
  return answer;
}

Result<json> Logins::finish(const Request& request, const PendingLogin& login,
                            LoginProvider& provider) {
  const ProviderConfig& config = provider.config();
  const std::string issuer = request.query.value("iss", config.issuer);
  if (issuer != config.issuer) {
    return not_believed(config, "another provider has answered (iss)");
  }
  if (request.query.contains("error")) {
    const bool denied = request.query.at("error") == json("access_denied");
    return not_believed(config,
                        denied ? "it was not allowed there" : "the provider did not carry it out");
  }
  const std::string code = request.query.value("code", "");
  if (code.empty()) return http::field_error("query/code", "is missing");
  const Result<ProvenUser> user =
      provider.redeem({code, redirect_uri(config), login.nonce, login.verifier});
  if (!user) return user.error();
  return parts_.sign_in(*user, config, request);
}

}  // namespace factory::identity
