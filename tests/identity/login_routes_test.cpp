#include "identity/login_routes.hpp"

#include "common/digest.hpp"
#include "http/target.hpp"
#include "tests/identity/fake_house.hpp"
#include "tests/identity/token_maker.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fake_clock.hpp"

namespace factory::test {
namespace {

using nlohmann::json;

constexpr const char* kConsole = "https://console.example.com/in";

/// The value of a query parameter of an address.
std::string param(const std::string& url, const std::string& name) {
  const std::size_t mark = url.find_first_of("?#");
  for (const auto& [key, value] : http::read_query(url.substr(mark + 1)).params) {
    if (key == name) return value;
  }
  return {};
}

/// The three routes, a provider, and somebody's browser.
struct Site {
  explicit Site(const std::string& public_url = "https://factory.example") {
    const std::string& url = house.url();
    house.say("/.well-known/openid-configuration", {{"issuer", url},
                                                    {"authorization_endpoint", url + "/auth"},
                                                    {"token_endpoint", url + "/token"},
                                                    {"jwks_uri", url + "/keys"}});
    house.say("/keys", {{"keys", json::array({maker.jwk()})}});
    identity::ProviderConfig corp;
    corp.name = corp.title = "corp";
    corp.issuer = url;
    corp.client_id = "factory";
    corp.scopes = {"openid"};
    corp.name_claim = "name";
    identity::LoginConfig config{{corp}, {kConsole}};
    logins = std::make_unique<identity::Logins>(identity::LoginParts{
        config, clock, [public_url] { return public_url; },
        [this](const identity::ProvenUser& user, const identity::ProviderConfig& provider,
               const http::Request&) -> Result<json> {
          ++signed_in;
          return json{{"access_token", "at"}, {"user", user.name}, {"from", provider.name}};
        }});
    logins->bind(handlers);
  }

  [[nodiscard]] Result<http::Answer> call(const std::string& operation, const json& query,
                                          const std::string& sent = {}) const {
    http::Head head;
    if (!sent.empty()) head.fields.push_back({"Cookie", sent});
    http::Request request;
    request.path["provider"] = "corp";
    request.query = query;
    request.head = &head;
    return handlers.all().at(operation)(request);
  }

  /// Begins a login; the provider will answer with a token for it.
  void start(const json& query = json::object()) {
    const auto answer = call("oauth.start", query);
    REQUIRE(answer.ok());
    REQUIRE(answer->status == 302);
    for (const auto& [name, value] : answer->headers) {
      if (name == "Location") location = value;
      if (name == "Set-Cookie") set_cookie = value;
    }
    cookie = set_cookie.substr(0, set_cookie.find(';'));
    const std::int64_t now = to_millis(clock.now()) / 1000;
    house.say("/token", {{"id_token", maker.sign({{"iss", house.url()},
                                                  {"aud", "factory"},
                                                  {"sub", "42"},
                                                  {"name", "alice"},
                                                  {"exp", now + 300},
                                                  {"iat", now},
                                                  {"nonce", param(location, "nonce")}})}});
  }
  [[nodiscard]] Result<http::Answer> callback(const json& more = json::object()) const {
    json query{{"state", param(location, "state")}, {"code", "c"}};
    query.update(more);
    return call("oauth.callback", query, "other=1; " + cookie + "; x=y");
  }

  FakeHouse house;
  TokenMaker maker;
  FakeClock clock;
  http::Handlers handlers;
  std::unique_ptr<identity::Logins> logins;
  int signed_in = 0;
  std::string location, set_cookie, cookie;
};

}  // namespace

TEST_CASE("a login belongs to its browser by a cookie that nobody else can set") {
  Site site;
  site.start();
  CHECK(site.set_cookie.starts_with("__Host-factory_login="));
  CHECK_THAT(site.set_cookie, contains("; Path=/; HttpOnly; SameSite=Lax; Max-Age=600; Secure"));
  CHECK(param(site.location, "redirect_uri") == "https://factory.example/v1/auth/corp/callback");
  const auto done = site.callback();
  REQUIRE(done.ok());
  CHECK(json::parse(done->body) ==
        json{{"access_token", "at"}, {"user", "alice"}, {"from", "corp"}});
  CHECK(done->headers.at(0).second.find("Max-Age=0") != std::string::npos);
  const std::string verifier = param("?" + site.house.body("/token"), "code_verifier");
  const Hash hash = sha256(verifier);
  CHECK(base64url({reinterpret_cast<const char*>(hash.data()), hash.size()}) ==
        param(site.location, "code_challenge"));
  Site plain("http://127.0.0.1:8080");
  plain.start();
  CHECK(plain.set_cookie.starts_with("factory_login="));
  CHECK_THAT(plain.set_cookie, !contains("Secure"));
}

TEST_CASE("a login that comes back twice, late, elsewhere or without its cookie is refused") {
  Site site;
  site.start();
  CHECK(site.callback().ok());
  CHECK(site.callback().error().code == ErrorCode::unauthenticated);
  site.start();
  site.cookie = "__Host-factory_login=somebody";
  CHECK(site.callback().error().code == ErrorCode::unauthenticated);
  site.start();
  site.cookie.clear();
  CHECK(site.callback().error().code == ErrorCode::unauthenticated);
  site.start();
  site.clock.advance(Millis{600'000});
  CHECK(site.callback().error().code == ErrorCode::unauthenticated);
  site.start();
  CHECK(site.callback({{"iss", "https://id.example"}}).error().code == ErrorCode::unauthenticated);
  site.start();
  CHECK(site.callback({{"code", ""}}).error().code == ErrorCode::invalid_request);
  CHECK(site.signed_in == 1);
  CHECK(site.house.calls("/token") == 1);
}

TEST_CASE("a page of the list gets the outcome behind #, and no other page does") {
  Site site;
  CHECK(site.call("oauth.start", {{"after_login", "https://evil.example"}}).error().code ==
        ErrorCode::invalid_request);
  site.start({{"after_login", kConsole}});
  const auto done = site.callback();
  REQUIRE(done.ok());
  CHECK(done->status == 302);
  CHECK(done->body.empty());
  CHECK(done->headers.at(0).second ==
        std::string(kConsole) + "#access_token=at&from=corp&user=alice");
  site.start({{"after_login", kConsole}});
  const auto denied = site.callback({{"error", "access_denied"}});
  REQUIRE(denied.ok());
  const std::string& location = denied->headers.at(0).second;
  CHECK(param(location, "error") == "unauthenticated");
  CHECK_THAT(param(location, "error_description"), contains("not allowed there"));
}

TEST_CASE("a provider that nobody has configured is not found") {
  Site site;
  http::Request request;
  request.path["provider"] = "nobody";
  request.query = json::object();
  CHECK(site.handlers.all().at("oauth.start")(request).error().code == ErrorCode::not_found);
  CHECK(site.handlers.all().at("oauth.callback")(request).error().code == ErrorCode::not_found);
  const auto list = site.call("oauth.providers", json::object());
  CHECK(json::parse(list->body)["providers"].size() == 1);
}

}  // namespace factory::test
