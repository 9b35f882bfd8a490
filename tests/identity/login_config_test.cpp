#include "identity/login_config.hpp"

#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

namespace factory::test {
namespace {

using identity::parse_login_config;
using nlohmann::json;

json corp() {
  return {{"name", "corp"}, {"issuer", "https://id.example"}, {"client_id", "factory"}};
}

json config_of(const json& provider) { return {{"providers", json::array({provider})}}; }

/// What is wrong with a provider that is `corp` with one member changed; null takes it away.
std::string complaint(const char* name, const json& value) {
  json provider = corp();
  provider[name] = value;
  if (value.is_null()) provider.erase(name);
  const auto config = parse_login_config(config_of(provider).dump());
  return config ? std::string() : config.error().detail;
}

}  // namespace

TEST_CASE("a provider needs little to be configured") {
  const auto config = parse_login_config(config_of(corp()).dump());
  REQUIRE(config.ok());
  const identity::ProviderConfig& provider = config->providers.at(0);
  CHECK(provider.title == "corp");
  CHECK(provider.kind == identity::ProviderKind::oidc);
  CHECK(provider.scopes == std::vector<std::string>{"openid", "profile", "email"});
  CHECK(provider.default_role == Role::viewer);
  CHECK_FALSE(provider.sign_up);
  const auto github = parse_login_config(
      config_of({{"name", "gh"}, {"kind", "github"}, {"client_id", "x"}}).dump());
  REQUIRE(github.ok());
  CHECK(github->providers.at(0).token_url == "https://github.com/login/oauth/access_token");
  CHECK(github->providers.at(0).name_claim == "login");
}

TEST_CASE("everything wrong with the configuration is named") {
  CHECK(complaint("title", "Corp").empty());
  CHECK_THAT(complaint("issuer", nullptr), contains("/providers/0/issuer is missing"));
  CHECK_THAT(complaint("issuer", "http://id.example"), contains("must begin with https://"));
  CHECK_THAT(complaint("client_id", nullptr), contains("client_id"));
  CHECK_THAT(complaint("client_secrt", "x"), contains("client_secret"));
  CHECK_THAT(complaint("name", "Corp SSO"), contains("lower case"));
  CHECK_THAT(complaint("name", "providers"), contains("taken"));
  CHECK_THAT(complaint("kind", "saml"), contains("kind"));
  CHECK_THAT(complaint("token_url", "https://id.example/t"), contains("discovered"));
  CHECK_THAT(complaint("default_role", "owner"), contains("default_role"));
  CHECK_THAT(complaint("roles", {{"staff", "owner"}}), contains("roles"));
  json two = config_of(corp());
  two["providers"].push_back(corp());
  CHECK_THAT(parse_login_config(two.dump()).error().detail, contains("another provider"));
  json ends = config_of(corp());
  ends["after_login"] = {"javascript:alert(1)"};
  CHECK_THAT(parse_login_config(ends.dump()).error().detail, contains("/after_login"));
  CHECK_FALSE(parse_login_config("{").ok());
  CHECK_FALSE(parse_login_config(R"({"providers":[]})").ok());
}

TEST_CASE("secrets come from files that nobody else can read, and are never told") {
  const TempDir folder;
  json provider = corp();
  const std::string secret = folder.write("secret", "s3cr3t-word\n").string();
  ::chmod(secret.c_str(), 0600);
  provider["client_secret_file"] = secret;
  const std::string text = config_of(provider).dump();
  const std::string file = folder.write("providers.json", text).string();
  ::chmod(file.c_str(), 0600);
  const auto config = identity::read_login_config(file);
  REQUIRE(config.ok());
  CHECK(config->providers.at(0).client_secret == "s3cr3t-word");
  ::chmod(secret.c_str(), 0644);
  const auto open = identity::read_login_config(file);
  REQUIRE_FALSE(open.ok());
  CHECK_THAT(open.error().detail, contains("client_secret_file"));
  CHECK_THAT(open.error().detail, !contains("s3cr3t-word"));
  ::chmod(file.c_str(), 0644);
  CHECK(identity::read_login_config(file).error().code == ErrorCode::forbidden);
  CHECK(identity::read_login_config((folder / "none").string()).error().code ==
        ErrorCode::not_found);
  provider["client_secret"] = "twice";
  CHECK_THAT(parse_login_config(config_of(provider).dump()).error().detail,
             contains("leave one of them out"));
}

TEST_CASE("plain http is only for this machine") {
  for (const char* const good :
       {"https://id.example", "https://id.example:8443/x?y=1", "http://localhost:3000",
        "http://127.0.0.1/x", "http://[::1]:80"}) {
    INFO(good);
    CHECK(identity::is_safe_address(good));
  }
  for (const char* const bad :
       {"", "http://id.example", "http://127.0.0.1.evil.net", "http://localhost@evil.net",
        "http://localhost:80@evil.net", "https://", "https:///x", "https://a b", "https://a#b",
        "ftp://localhost", "//localhost", "http://[::1].evil.net"}) {
    INFO(bad);
    CHECK_FALSE(identity::is_safe_address(bad));
  }
}

}  // namespace factory::test
