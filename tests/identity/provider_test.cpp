#include "identity/login_provider.hpp"
#include "identity/provider_call.hpp"
#include "tests/identity/fake_house.hpp"
#include "tests/identity/token_maker.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fake_clock.hpp"

namespace factory::test {
namespace {

using identity::ProvenUser;
using nlohmann::json;

constexpr const char* kDescription = "/.well-known/openid-configuration";

/// An OpenID provider and somebody who logs in there.
struct Corp {
  Corp() {
    config.name = "corp";
    config.title = "Corp";
    config.issuer = house.url();
    config.client_id = "factory";
    config.client_secret = "a b+c";
    config.scopes = {"openid", "email"};
    config.name_claim = "preferred_username";
    config.groups_claim = "groups";
    house.say(kDescription, {{"issuer", house.url()},
                             {"authorization_endpoint", house.url() + "/auth?tenant=1"},
                             {"token_endpoint", house.url() + "/token"},
                             {"jwks_uri", house.url() + "/keys"}});
    house.say("/keys", {{"keys", json::array({maker.jwk()})}});
    answer_with(claims());
    provider = identity::make_oidc_provider(config, client, clock);
  }
  [[nodiscard]] json claims() const {
    const std::int64_t now = to_millis(clock.now()) / 1000;
    return {{"iss", house.url()},
            {"aud", "factory"},
            {"sub", "42"},
            {"exp", now + 300},
            {"iat", now},
            {"nonce", "once"},
            {"email", "a@corp.test"},
            {"preferred_username", "alice"}};
  }
  void answer_with(const json& said) { answer_with(said, maker); }
  void answer_with(const json& said, const TokenMaker& by) {
    house.say("/token", {{"id_token", by.sign(said)}, {"access_token", "opens"}});
  }
  Result<ProvenUser> log_in() const {
    return provider->redeem({"the code", "https://us/back", "once", "proof"});
  }

  FakeHouse house;
  TokenMaker maker;
  FakeClock clock;
  HttpClient client;
  identity::ProviderConfig config;
  std::unique_ptr<identity::LoginProvider> provider;
};

}  // namespace

TEST_CASE("a browser is sent to the provider with all that protects the login") {
  Corp corp;
  const auto url = corp.provider->authorize({"https://us/back", "st", "no", "ch"});
  REQUIRE(url.ok());
  CHECK(*url == corp.house.url() +
                    "/auth?tenant=1&response_type=code&client_id=factory"
                    "&redirect_uri=https%3A%2F%2Fus%2Fback&scope=openid%20email"
                    "&state=st&nonce=no&code_challenge=ch&code_challenge_method=S256");
}

TEST_CASE("a code becomes somebody whose token is believed") {
  Corp corp;
  const auto user = corp.log_in();
  REQUIRE(user.ok());
  CHECK(user->issuer == corp.house.url());
  CHECK(user->subject == "42");
  CHECK(user->name == "alice");
  CHECK(user->email.empty());  // nobody has verified it
  CHECK(corp.house.body("/token") ==
        "grant_type=authorization_code&code=the%20code&redirect_uri=https%3A%2F%2Fus%2Fback"
        "&code_verifier=proof");
  CHECK(corp.house.authorization("/token") == "Basic ZmFjdG9yeTphJTIwYiUyQmM=");
  REQUIRE(corp.log_in().ok());
  CHECK(corp.house.calls(kDescription) == 1);
  CHECK(corp.house.calls("/keys") == 1);
}

TEST_CASE("a token for another login, another client or by another key is refused") {
  Corp corp;
  for (const auto& [claim, value] : {std::pair{"nonce", "twice"}, std::pair{"aud", "other"},
                                     std::pair{"iss", "https://evil.example"}}) {
    INFO(claim);
    json said = corp.claims();
    said[claim] = value;
    corp.answer_with(said);
    const auto user = corp.log_in();
    REQUIRE_FALSE(user.ok());
    CHECK(user.error().code == ErrorCode::unauthenticated);
  }
  corp.answer_with(corp.claims(), TokenMaker("k1"));
  CHECK_FALSE(corp.log_in().ok());
}

TEST_CASE("a key that is new is asked for once, and not again for a while") {
  Corp corp;
  REQUIRE(corp.log_in().ok());
  const TokenMaker next("k2");
  corp.answer_with(corp.claims(), next);
  CHECK(corp.log_in().error().code == ErrorCode::unauthenticated);
  CHECK(corp.log_in().error().code == ErrorCode::unauthenticated);
  CHECK(corp.house.calls("/keys") == 1);
  corp.clock.advance(Millis{11'000});
  CHECK(corp.log_in().error().code == ErrorCode::unauthenticated);
  CHECK(corp.log_in().error().code == ErrorCode::unauthenticated);
  CHECK(corp.house.calls("/keys") == 2);
  corp.clock.advance(Millis{11'000});
  corp.house.say("/keys", {{"keys", json::array({corp.maker.jwk(), next.jwk()})}});
  CHECK(corp.log_in().ok());
  CHECK(corp.house.calls("/keys") == 3);
  corp.answer_with(corp.claims());
  CHECK(corp.log_in().ok());
  CHECK(corp.house.calls("/keys") == 3);
}

TEST_CASE("a provider that is down, or not itself, is told apart from a wrong login") {
  Corp corp;
  corp.house.say("/token", {{"error", "invalid_grant"}}, 400);
  CHECK(corp.log_in().error().code == ErrorCode::unauthenticated);
  corp.house.say("/token", {{"error", "oops"}}, 503);
  CHECK(corp.log_in().error().code == ErrorCode::unavailable);
  corp.house.say("/token", {{"access_token", "opens"}});
  CHECK(corp.log_in().error().code == ErrorCode::unauthenticated);
  Corp other;
  other.house.say(kDescription, {{"issuer", "https://id.example"}});
  CHECK(other.log_in().error().code == ErrorCode::unavailable);
  other.house.say(kDescription, {{"issuer", other.house.url()},
                                 {"authorization_endpoint", "http://id.example/auth"},
                                 {"token_endpoint", other.house.url() + "/token"},
                                 {"jwks_uri", other.house.url() + "/keys"}});
  CHECK_THAT(other.log_in().error().detail, contains("without TLS"));
  other.house.stop();
  const auto down = other.provider->authorize({"https://us/back", "st", "no", "ch"});
  CHECK(down.error().code == ErrorCode::unavailable);
}

TEST_CASE("what the token leaves out the user endpoint says, if it speaks of the same user") {
  Corp corp;
  json said = corp.claims();
  said.erase("preferred_username");
  said.erase("email");
  corp.answer_with(said);
  corp.house.say(kDescription, {{"issuer", corp.house.url()},
                                {"authorization_endpoint", corp.house.url() + "/auth"},
                                {"token_endpoint", corp.house.url() + "/token"},
                                {"userinfo_endpoint", corp.house.url() + "/me"},
                                {"jwks_uri", corp.house.url() + "/keys"}});
  corp.house.say("/me", {{"sub", "42"},
                         {"preferred_username", "al ice!"},
                         {"email", "A@Corp.Test"},
                         {"email_verified", true},
                         {"nonce", "made up"}});
  const auto user = corp.log_in();
  REQUIRE(user.ok());
  CHECK(user->name == "al ice!");
  CHECK(user->email == "A@Corp.Test");
  CHECK(corp.house.authorization("/me") == "Bearer opens");
  corp.house.say("/me", {{"sub", "43"}, {"preferred_username", "mallory"}});
  CHECK(corp.log_in().error().code == ErrorCode::unauthenticated);
}

TEST_CASE("groups there become roles and groups here, and domains keep others out") {
  identity::ProviderConfig config;
  config.title = "Corp";
  config.roles = {{"staff", Role::operator_}, {"bosses", Role::admin}};
  config.groups = {{"sec", "security"}, {"sec-eu", "security"}};
  identity::Claims claims;
  claims.subject = "42";
  claims.groups = {"staff", "sec", "sec-eu", "choir"};
  auto user = identity::admit(config, claims);
  REQUIRE(user.ok());
  CHECK(user->name == "42");
  CHECK(user->role == Role::operator_);
  CHECK(user->groups == std::vector<std::string>{"security"});
  claims.groups = {"bosses", "staff"};
  CHECK(identity::admit(config, claims)->role == Role::admin);
  claims.groups = {"choir"};
  CHECK(identity::admit(config, claims)->role == Role::viewer);
  config.allowed_domains = {"corp.test"};
  CHECK(identity::admit(config, claims).error().code == ErrorCode::forbidden);
  for (const auto& [email, welcome] :
       {std::pair{"a@corp.test", true}, std::pair{"a@CORP.test", true},
        std::pair{"a@evilcorp.test", false}, std::pair{"a@corp.test.evil", false},
        std::pair{"a@corp.test@evil.net", false}, std::pair{"corp.test", false}}) {
    INFO(email);
    claims.verified_email = email;
    CHECK(identity::admit(config, claims).ok() == welcome);
  }
}

TEST_CASE("GitHub says by its API who has logged in") {
  FakeHouse house;
  HttpClient client;
  identity::ProviderConfig config;
  config.name = config.title = "gh";
  config.issuer = "https://github.com";
  config.client_id = "id";
  config.client_secret = "secret";
  config.name_claim = "login";
  config.token_url = house.url() + "/token";
  config.user_url = house.url() + "/user";
  config.emails_url = house.url() + "/emails";
  config.groups_url = house.url() + "/orgs";
  config.roles = {{"our-org", Role::operator_}};
  const auto provider = identity::make_github_provider(config, client);
  house.say("/token", {{"access_token", "gho_x"}, {"token_type", "bearer"}});
  house.say("/user", {{"id", 583231}, {"login", "octocat"}, {"name", "The Octocat"}});
  house.say("/emails",
            json::array({{{"email", "x@a.test"}, {"primary", false}, {"verified", true}},
                         {{"email", "o@a.test"}, {"primary", true}, {"verified", true}}}));
  house.say("/orgs", json::array({{{"login", "our-org"}}}));
  const identity::Redemption redemption{"c", "https://us/back", "", "v"};
  const auto user = provider->redeem(redemption);
  REQUIRE(user.ok());
  CHECK(user->subject == "583231");
  CHECK(user->name == "octocat");
  CHECK(user->email == "o@a.test");
  CHECK(user->role == Role::operator_);
  CHECK(house.authorization("/user") == "Bearer gho_x");
  CHECK_THAT(house.body("/token"), contains("client_secret=secret"));
  house.say("/token", {{"error", "bad_verification_code"}});  // with status 200
  CHECK(provider->redeem(redemption).error().code == ErrorCode::unauthenticated);
  house.say("/token", {{"access_token", "a\r\nb"}});
  CHECK(provider->redeem(redemption).error().code == ErrorCode::unauthenticated);
  house.say("/token", {{"access_token", "gho_x"}});
  house.say("/user", {{"login", "octocat"}});
  CHECK(provider->redeem(redemption).error().code == ErrorCode::unauthenticated);
}

}  // namespace factory::test
