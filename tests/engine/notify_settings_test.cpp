#include "effects/notify_settings.hpp"

#include <cstdlib>
#include <fstream>

#include "common/paths.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

namespace factory::test {
namespace {

using effects::parse_notify_settings;

std::string places(const Error& error) {
  std::string all;
  for (const FieldError& field : error.fields) all += (all.empty() ? "" : " ") + field.pointer;
  return all;
}

TEST_CASE("channels: secrets come from the file, another file or the environment", "[channels]") {
  const TempDir folder;
  const std::string file = folder / "url";
  REQUIRE(write_file_private(file, "https://hooks.example.com/T1\n"));
  ::setenv("NTF_TEST_DISCORD", "https://discord.example.com/api/webhooks/1/x", 1);
  const auto settings = parse_notify_settings(R"({
    "slack": {"url": {"file": ")" + file + R"("}},
    "discord": {"url": {"env": "NTF_TEST_DISCORD"}},
    "webhook": {"url": "https://hooks.example.com/in",
                "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"},
    "email": {"host": "smtp.example.com", "from": "factory@example.com", "user": "u",
              "password": "p"},
    "sms": {"url": "http://127.0.0.1:9/send", "body": "{to}", "encoding": "json"},
    "digest": {"above": 3, "minutes": 1}
  })");
  INFO((settings ? "" : settings.error().detail));
  REQUIRE(settings);
  CHECK(settings->slack->url == "https://hooks.example.com/T1");
  CHECK(settings->discord->url == "https://discord.example.com/api/webhooks/1/x");
  CHECK(settings->webhook->key.size() == 24);
  CHECK(settings->email->server.security == SmtpSecurity::starttls);
  CHECK(settings->email->server.port == 587);
  CHECK_FALSE(settings->sms->form);
  CHECK(settings->digest_above == 3);
  CHECK(settings->digest_window == Millis{60'000});
  CHECK(settings->kinds() == std::vector<std::string>{"notify.discord", "notify.slack",
                                                      "notify.webhook", "notify.email",
                                                      "notify.sms"});
}

TEST_CASE("channels: what cannot be is refused by place, and no secret is repeated", "[channels]") {
  const std::vector<std::pair<std::string, std::string>> cases{
      {R"({"discord": {"url": "ftp://hunter2"}})", "/discord/url"},
      {R"({"discord": {"url": {"env": "NTF_TEST_NOT_SET"}}})", "/discord/url/env"},
      {R"({"slack": {"url": {"file": "/nowhere/hunter2"}}})", "/slack/url/file"},
      {R"({"slack": {"url": {}}})", "/slack/url"},
      {R"({"webhook": {"url": "https://a.example", "secret": "hunter2"}})", "/webhook/secret"},
      {R"({"email": {"host": "a b", "from": "x@y"}})", "/email/host"},
      {R"({"email": {"host": "a.example", "from": "nobody"}})", "/email/from"},
      {R"({"email": {"host": "a.example", "from": "x@y", "security": "none", "user": "u",
           "password": "hunter2"}})",
       "/email/security"},
      {R"({"sms": {"url": "https://a.example", "body": "Body={text}"}})", "/sms/body"},
      {R"({"pager": {}})", "/pager"},
  };
  for (const auto& [text, place] : cases) {
    INFO(text);
    const auto settings = parse_notify_settings(text);
    REQUIRE_FALSE(settings);
    CHECK(places(settings.error()) == place);
    if (text.find("/nowhere/") == std::string::npos) {
      CHECK(settings.error().detail.find("hunter2") == std::string::npos);
    }
  }
  CHECK(parse_notify_settings("{}"));
  CHECK(parse_notify_settings("{}")->kinds().empty());
}

TEST_CASE("channels: a file that others can read is refused", "[channels]") {
  const TempDir folder;
  const std::string file = folder / "channels.json";
  CHECK(effects::read_notify_settings(file).error().code == ErrorCode::not_found);
  { std::ofstream(file) << "{}"; }
  std::filesystem::permissions(file, std::filesystem::perms(0644));
  CHECK(effects::read_notify_settings(file).error().code == ErrorCode::forbidden);
  REQUIRE(write_file_private(file, R"({"log": true})"));
  CHECK(effects::read_notify_settings(file)->kinds() == std::vector<std::string>{"notify.log"});
}

}  // namespace
}  // namespace factory::test
