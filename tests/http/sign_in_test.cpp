// Users, passwords and sessions over the whole server.
#include <algorithm>

#include "identity/identity.hpp"
#include "identity/sign_in.hpp"
#include "tests/http/site.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {
namespace {

using nlohmann::json;

/// Every stored event of the house as one text.
std::string trail(Core& core) {
  std::string all;
  storage::EventQuery query;
  for (;;) {
    const storage::EventPage page = core.store().read_events(query);
    for (const auto& event : page.events) all += event.body + "\n";
    if (!page.next) return all;
    query.after = *page.next;
  }
}

bool happened(Core& core, const std::string& type) {
  return trail(core).find("\"" + type + "\"") != std::string::npos;
}

}  // namespace

TEST_CASE("a stranger's body is small") {
  Site site;
  const std::string many(5000, '1');
  CHECK(site.call("POST /v1/auth/refresh", "", {{"refresh_token", many}}).status == 413);
  CHECK(site.call("POST /v1/auth/login", "", {{"user", "ada"}, {"password", many}}).status == 413);
}

TEST_CASE("a user signs in, acts, goes on with new tokens and signs out") {
  Site site;
  const json made = site.user("Ada", "operator");
  CHECK(made["has_password"] == true);
  const Reply in = site.login("ada");
  REQUIRE(in.status == 200);
  const std::string access = in.body["access_token"];
  const json me = site.call("GET /v1/whoami", access).body;
  CHECK(me["id"] == "Ada");
  CHECK(me["role"] == "operator");
  CHECK(me["session_id"] == in.body["session_id"]);
  CHECK(me["key_id"] == "");
  CHECK(me["expires_at"] == in.body["expires_at"]);
  CHECK(site.call("GET /v1/pipelines", access).status == 200);
  CHECK(site.call("GET /v1/users", access).status == 403);
  const Reply next =
      site.call("POST /v1/auth/refresh", "", {{"refresh_token", in.body["refresh_token"]}});
  REQUIRE(next.status == 200);
  CHECK(next.body["session_id"] == in.body["session_id"]);
  CHECK(next.body["access_token"] != access);
  const Reply out = site.call("POST /v1/auth/logout", next.body["access_token"]);
  CHECK(out.status == 200);
  CHECK(out.body["status"] == "ended");
  CHECK(site.whoami(access) == 401);
  CHECK(site.whoami(next.body["access_token"]) == 401);
  CHECK(site.call("POST /v1/auth/refresh", "", {{"refresh_token", next.body["refresh_token"]}})
            .status == 401);
  CHECK(site.call("POST /v1/auth/logout", site.owner_token()).status == 409);
}

TEST_CASE(
    "an access token lives for fifteen minutes, a session for seven days after its last use") {
  Site site;
  site.user("ada", "operator");
  const json in = site.login("ada").body;
  site.clock->advance(15 * one_minute - Millis{1});
  CHECK(site.whoami(in["access_token"]) == 200);
  site.clock->advance(Millis{1});
  CHECK(site.whoami(in["access_token"]) == 401);
  site.clock->advance(Millis{7LL * 24 * 3'600'000} - 16 * one_minute);
  const Reply next =
      site.call("POST /v1/auth/refresh", "", {{"refresh_token", in["refresh_token"]}});
  REQUIRE(next.status == 200);
  site.start();  // sessions outlive the process
  CHECK(site.whoami(next.body["access_token"]) == 200);
  site.clock->advance(Millis{7LL * 24 * 3'600'000});
  CHECK(site.call("POST /v1/auth/refresh", "", {{"refresh_token", next.body["refresh_token"]}})
            .status == 401);
}

TEST_CASE("a refresh token that comes twice ends its session, and that is told") {
  Site site;
  site.user("ada", "operator");
  const json first = site.login("ada").body;
  const json other = site.login("ada").body;
  const json second =
      site.call("POST /v1/auth/refresh", "", {{"refresh_token", first["refresh_token"]}}).body;
  const Reply again =
      site.call("POST /v1/auth/refresh", "", {{"refresh_token", first["refresh_token"]}});
  CHECK(again.status == 401);
  CHECK(happened(site.core(), "session.reuse_detected"));
  CHECK(site.whoami(second["access_token"]) == 401);
  CHECK(
      site.call("POST /v1/auth/refresh", "", {{"refresh_token", second["refresh_token"]}}).status ==
      401);
  CHECK(site.whoami(other["access_token"]) == 200);  // another session goes on
}

TEST_CASE("a login that fails tells nothing") {
  Site site;
  site.user("ada", "operator");
  site.owner("POST /v1/users", {{"name", "grace"}, {"role", "viewer"}});  // without a password
  site.user("eve", "viewer");
  site.owner("POST /v1/users/eve/disable", json::object());
  std::vector<json> answers;
  for (const auto& [name, password] :
       {std::pair{"ada", "a wrong long phrase"}, std::pair{"nobody", Site::phrase},
        std::pair{"grace", Site::phrase}, std::pair{"eve", Site::phrase},
        std::pair{"owner", Site::phrase}}) {
    Reply reply = site.login(name, password);
    CHECK(reply.status == 401);
    reply.body.erase("request_id");
    answers.push_back(std::move(reply.body));
  }
  for (const json& answer : answers) CHECK(answer == answers.front());
}

TEST_CASE("wrong passwords lock the account, also over a restart, and only for a while") {
  Site site;
  site.user("ada", "operator");
  for (int i = 0; i < 5; ++i) CHECK(site.login("ada", "a wrong long phrase").status == 401);
  CHECK(site.login("ada").status == 401);
  site.start();
  CHECK(site.login("ada").status == 401);
  CHECK(site.owner("GET /v1/users/ada").contains("locked_until"));
  site.clock->advance(one_minute);
  CHECK(site.login("ada").status == 200);
  CHECK(happened(site.core(), "user.login_cleared"));
  CHECK_FALSE(site.owner("GET /v1/users/ada").contains("locked_until"));
}

TEST_CASE("a disabled user is out at once, with sessions and keys") {
  Site site;
  site.user("ada", "operator");
  const std::string key = site.key("ada", "operator")["token"];
  const json in = site.login("ada").body;
  CHECK(site.whoami(key) == 200);
  site.owner("POST /v1/users/ada/disable", {{"reason", "left"}});
  CHECK(site.whoami(key) == 401);
  CHECK(site.whoami(in["access_token"]) == 401);
  CHECK(site.call("POST /v1/auth/refresh", "", {{"refresh_token", in["refresh_token"]}}).status ==
        401);
  CHECK(site.login("ada").status == 401);
  site.owner("POST /v1/users/ada/enable");
  CHECK(site.whoami(key) == 200);
  CHECK(site.whoami(in["access_token"]) == 401);  // that session is over for good
  CHECK(site.login("ada").status == 200);
}

TEST_CASE("one's own password is changed with the old one, and ends the other sessions") {
  Site site;
  site.user("ada", "operator");
  const json here = site.login("ada").body;
  const json there = site.login("ada").body;
  const std::string fresh = "another long phrase of mine";
  const auto change = [&](const std::string& old) {
    return site.call("POST /v1/auth/password", here["access_token"],
                     {{"old_password", old}, {"new_password", fresh}});
  };
  CHECK(change("not the old one").status == 403);
  CHECK(site.call("POST /v1/users/ada/password", here["access_token"], {{"password", fresh}})
            .status == 403);
  CHECK(change(Site::phrase).status == 200);
  CHECK(site.whoami(here["access_token"]) == 200);
  CHECK(site.whoami(there["access_token"]) == 401);
  CHECK(site.login("ada").status == 401);
  CHECK(site.login("ada", fresh).status == 200);
  site.owner("POST /v1/users/ada/password", {{"password", Site::phrase}});
  CHECK(site.whoami(here["access_token"]) == 401);
  CHECK(site.login("ada").status == 200);
}

TEST_CASE("a new role counts at once") {
  Site site;
  site.user("ada", "operator");
  const std::string access = site.login("ada").body["access_token"];
  CHECK(site.call("POST /v1/pipelines", access, {{"name", "one"}}).status == 201);
  site.owner("PATCH /v1/users/ada", {{"role", "viewer"}});
  CHECK(site.call("POST /v1/pipelines", access, {{"name", "two"}}).status == 403);
}

TEST_CASE("everybody sees and ends their own sessions, and only those") {
  Site site;
  site.user("ada", "operator");
  site.user("bob", "operator");
  const json ada = site.login("ada").body;
  const json bob = site.login("bob").body;
  const json seen = site.call("GET /v1/auth/sessions", ada["access_token"]).body;
  REQUIRE(seen["sessions"].size() == 1);
  CHECK(seen["sessions"][0]["id"] == ada["session_id"]);
  CHECK(seen["sessions"][0]["current"] == true);
  const std::string line = "DELETE /v1/auth/sessions/" + bob["session_id"].get<std::string>();
  CHECK(site.call(line, ada["access_token"]).status == 404);
  CHECK(site.call("GET /v1/auth/sessions?user=bob", ada["access_token"]).status == 403);
  CHECK(site.owner("GET /v1/auth/sessions?user=bob")["sessions"].size() == 1);
  CHECK(site.whoami(bob["access_token"]) == 200);
  CHECK(site.call(line, bob["access_token"]).status == 200);
  CHECK(site.whoami(bob["access_token"]) == 401);
  CHECK(site.call("DELETE /v1/auth/sessions/key_1", ada["access_token"]).status == 404);
}

TEST_CASE("no password, hash or token is in events, documents or stored answers") {
  Site site;
  site.call("POST /v1/users", site.owner_token(),
            {{"name", "ada"}, {"role", "operator"}, {"password", Site::phrase}},
            "Idempotency-Key: once\r\n");
  const json in = site.login("ada").body;
  site.call("POST /v1/auth/password", in["access_token"],
            {{"old_password", Site::phrase}, {"new_password", "another long phrase of mine"}});
  const std::string refresh = in["refresh_token"];
  const std::string secret = refresh.substr(refresh.size() - 32);  // which may hold a "_"
  const std::string all = trail(site.core()) + site.owner("GET /v1/users").dump() +
                          site.owner("GET /v1/auth/sessions?user=ada").dump() +
                          site.core().store().find_request("owner", "once")->answer;
  CHECK(all.find("battery") == std::string::npos);
  CHECK(all.find("another long") == std::string::npos);
  CHECK(all.find("argon2") == std::string::npos);
  CHECK(all.find(secret) == std::string::npos);
  const std::string audit = site.owner("GET /v1/audit?limit=100").dump();
  for (const char* word : {"sealed_hash", "refresh_hash", "secret_hash"}) {
    INFO(word);
    CHECK(audit.find(word) == std::string::npos);
  }
}

TEST_CASE("public keys are published, and a new signing key leaves old tokens good") {
  Site site;
  site.user("ada", "operator");
  const std::string before = site.login("ada").body["access_token"];
  const json first = site.call("GET /.well-known/jwks.json", "").body;
  REQUIRE(first["keys"].size() == 1);
  const json rotated = site.owner("POST /v1/auth/signing-keys/rotate");
  const json both = site.call("GET /.well-known/jwks.json", "").body;
  REQUIRE(both["keys"].size() == 2);
  CHECK(both["keys"][0]["kid"] == rotated["kid"]);
  CHECK(site.whoami(before) == 200);
  CHECK(site.whoami(site.login("ada").body["access_token"]) == 200);
  site.start();
  CHECK(site.call("GET /.well-known/jwks.json", "").body == both);
}

TEST_CASE("somebody proven elsewhere becomes a user once, under a name that is free") {
  Site site;
  const Services& services = site.app().services();
  const http::Request request;
  const identity::ExternalUser who{"https://id.example", "4711", "owner", "O. W.", ""};
  const auto unknown = identity::ensure_user(services, who, {}, request);
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().code == ErrorCode::forbidden);
  const auto name = identity::ensure_user(services, who, {true, Role::operator_, {"ops"}}, request);
  REQUIRE(name);
  CHECK(*name != "owner");  // which is somebody's already
  CHECK(name->starts_with("owner-"));
  CHECK(identity::ensure_user(services, who, {}, request).value() == *name);
  const auto tokens =
      identity::sign_in(services, *name, "web", {"oidc:https://id.example", 0}, request);
  REQUIRE(tokens);
  const json me = site.call("GET /v1/whoami", tokens->access_token).body;
  CHECK(me["channel"] == "web");
  CHECK(me["groups"] == json{"ops"});
  // Nobody is two users.
  site.user("bob", "viewer");
  const json taken{{"identities", {{{"issuer", who.issuer}, {"subject", who.subject}}}}};
  CHECK(site.call("PATCH /v1/users/bob", site.owner_token(), taken).status == 409);
  site.owner("POST /v1/users/" + *name + "/disable", json::object());
  CHECK_FALSE(identity::ensure_user(services, who, {true, Role::viewer, {}}, request));
  CHECK_FALSE(identity::sign_in(services, *name, "web", {"oidc:https://id.example", 0}, request));
}

}  // namespace factory::test
