#include <algorithm>
#include <functional>
#include <future>
#include <nlohmann/json.hpp>
#include <thread>

#include "common/paths.hpp"
#include "core.hpp"
#include "http/router.hpp"
#include "http/server.hpp"
#include "http/system_routes.hpp"
#include "identity/identity.hpp"
#include "slices/key/routes.hpp"
#include "tests/http/raw_client.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

namespace factory::test {
namespace {

using nlohmann::json;

std::vector<Route> routes_of(const Catalog& catalog, const http::Handlers& handlers) {
  std::vector<Route> routes;
  for (const Route& route : catalog.routes()) {
    if (handlers.all().count(route.operation) != 0) routes.push_back(route);
  }
  return routes;
}

/// Core, store and HTTP edge as they are, with the routes of keys and of the system.
class House {
 public:
  House()
      : core_(CoreOptions{folder_.string(), {}, {}, {}, {}, {}}),
        services_{core_.runner(),   core_.store(),     core_.search(),
                  core_.blobs(),    core_.clock(),     core_.ids(),
                  core_.catalog(),  core_.templates(), [this] { return core_.registry().people(); },
                  &core_.identity()} {
    key::bind_routes(handlers_, services_);
    http::bind_system_routes(handlers_, services_);
    routes_ = routes_of(core_.catalog(), handlers_);
    router_ = std::make_unique<http::Router>(http::RouterParts{
        routes_,
        core_.catalog().roles(),
        handlers_,
        [this](const http::Head& head) {
          return http::authenticate(
              head,
              {[this](const std::string& id) { return core_.registry().key(id); },
               [this](std::string_view token) { return core_.identity().pepper.key_hash(token); },
               &core_.clock(),
               {}});
        },
        {},
        true,
        {}});
    server_ = std::make_unique<http::Server>(*router_);
    url_ = server_->start("127.0.0.1", 0).value();
    const std::string file = read_secret_file(folder_.string() + "/owner.key").value();
    owner_ = file.substr(0, file.find('\n'));
  }

  RawAnswer call(const std::string& line, const std::string& token, const std::string& body = {},
                 const std::string& fields = {}) {
    RawClient client(url_);
    return client.call(bytes(line, token, body, fields));
  }
  /// The same, but something else is done once all but the last byte was sent.
  RawAnswer call_around(const std::string& line, const std::string& token, const std::string& body,
                        const std::function<void()>& meanwhile) {
    RawClient client(url_);
    const std::string all = bytes(line, token, body, "");
    client.send(std::string_view(all).substr(0, all.size() - 1));
    // The head was read once this says that the server waits for the body.
    while (core_.registry().last_used().count(key_id_of(token)) == 0) std::this_thread::yield();
    meanwhile();
    return client.call(std::string_view(all).substr(all.size() - 1));
  }
  static std::string key_id_of(const std::string& token) { return *http::key_id_of(token); }
  /// Makes a key and gives its document.
  json create(const json& body, const std::string& fields = {}) {
    const RawAnswer answer = call("POST /v1/keys", owner_, body.dump(), fields);
    INFO(answer.body);
    CHECK(answer.status == 201);
    return json::parse(answer.body);
  }
  [[nodiscard]] const std::string& owner() const { return owner_; }
  Core& core() { return core_; }

 private:
  static std::string bytes(const std::string& line, const std::string& token,
                           const std::string& body, const std::string& fields) {
    std::string all = fields;
    if (!token.empty()) all += "Authorization: Bearer " + token + "\r\n";
    if (!body.empty()) all += "Content-Type: application/json\r\n";
    return request(line, all, body);
  }

  TempDir folder_;
  Core core_;
  Services services_;
  http::Handlers handlers_;
  std::vector<Route> routes_;
  std::unique_ptr<http::Router> router_;
  std::unique_ptr<http::Server> server_;
  std::string url_;
  std::string owner_;
};

}  // namespace

TEST_CASE("the server says that it lives, that it is ready and who one is") {
  House house;
  CHECK(house.call("GET /healthz", "").status == 200);
  CHECK(house.call("GET /readyz", "").status == 200);
  CHECK(house.call("GET /v1/whoami", "").status == 401);
  const json me = json::parse(house.call("GET /v1/whoami", house.owner()).body);
  CHECK(me["role"] == "owner");
  CHECK(me["type"] == "person");
  CHECK(me["channel"] == "rest");
  const std::vector<std::string> scopes = me["scopes"];
  CHECK(std::find(scopes.begin(), scopes.end(), "keys:manage") != scopes.end());
}

TEST_CASE("a new key opens at once, a revoked one at once no more") {
  House house;
  const json made =
      house.create({{"name", "robot"}, {"role", "agent"}, {"channel", "mcp"}, {"groups", {"ops"}}});
  const std::string token = made["token"];
  const json me = json::parse(house.call("GET /v1/whoami", token).body);
  CHECK(me["id"] == "robot");
  CHECK(me["type"] == "agent");
  CHECK(me["groups"] == json{"ops"});
  CHECK(me["key_id"] == made["id"]);
  CHECK(house.call("GET /v1/keys", token).status == 403);
  const std::string path = "/v1/keys/" + made["id"].get<std::string>();
  const RawAnswer gone = house.call("DELETE " + path + "?reason=lost+it", house.owner());
  CHECK(gone.status == 200);
  CHECK(json::parse(gone.body)["revoke_reason"] == "lost it");
  CHECK(house.call("GET /v1/whoami", token).status == 401);
  CHECK(house.call("DELETE " + path, house.owner()).status == 200);  // again: what stands
}

TEST_CASE("a key that is revoked while its request comes in does nothing any more") {
  House house;
  const json made = house.create({{"name", "otto"}, {"role", "owner"}});
  const std::string path = "/v1/keys/" + made["id"].get<std::string>();
  const RawAnswer late =
      house.call_around("POST /v1/keys", made["token"], R"({"name":"mallory","role":"owner"})",
                        [&] { CHECK(house.call("DELETE " + path, house.owner()).status == 200); });
  CHECK(late.status == 401);
  CHECK_THAT(late.body, contains("ended while it was on its way"));
  CHECK(house.core().registry().people()->find("mallory") == nullptr);

  const json rotated = house.create({{"name", "dora"}, {"role", "admin"}});
  const std::string old = rotated["token"];
  const RawAnswer stale =
      house.call_around("POST /v1/keys", old, R"({"name":"mallory","role":"viewer"})", [&] {
        const std::string to = "POST /v1/keys/" + rotated["id"].get<std::string>() + "/rotate";
        CHECK(house.call(to, house.owner(), R"({"overlap_minutes":0})").status == 200);
      });
  CHECK(stale.status == 401);
}

TEST_CASE("nobody gets a key in the name of somebody who is disabled") {
  House house;
  const std::string id = user::stream_of("carol");
  const auto run = [&](user::Command command) {
    engine::Call call;
    call.command = {id, std::move(command)};
    const auto done = house.core().runner().run(std::move(call));
    REQUIRE(done);
  };
  user::Created carol;
  carol.name = "Carol";
  carol.role = Role::owner;
  run(user::Create{carol});
  const json key = house.create({{"name", "Carol"}, {"role", "viewer"}});
  run(user::Disable{"away"});
  for (const std::string name : {"carol", "Carol"}) {
    const json body{{"name", name}, {"role", "operator"}};
    const RawAnswer refused = house.call("POST /v1/keys", house.owner(), body.dump());
    CHECK(refused.status == 409);
    CHECK_THAT(refused.body, contains("Carol is disabled"));
  }
  const std::string rotate = "POST /v1/keys/" + key["id"].get<std::string>() + "/rotate";
  CHECK(house.call(rotate, house.owner(), "{}").status == 409);
  run(user::Enable{});
  CHECK(house.call(rotate, house.owner(), "{}").status == 200);
}

TEST_CASE("the token is shown once and stored nowhere") {
  House house;
  const std::string key = "Idempotency-Key: once\r\n";
  const json body{{"name", "dora"}, {"role", "viewer"}};
  const json made = house.create(body, key);
  const std::string token = made["token"];
  const RawAnswer again = house.call("POST /v1/keys", house.owner(), body.dump(), key);
  CHECK(again.status == 201);
  CHECK(again.header("idempotency-replayed") == "true");
  const json repeated = json::parse(again.body);
  CHECK(repeated["id"] == made["id"]);
  CHECK(repeated.count("token") == 0);
  const auto stored = house.core().store().find_request("owner", "once");
  REQUIRE(stored);
  const std::string secret = token.substr(40);
  CHECK(stored->answer.find(secret) == std::string::npos);
  for (const auto& event : house.core().store().load(made["id"])) {
    CHECK(event.body.find(secret) == std::string::npos);
  }
  CHECK(house.call("GET /v1/keys", house.owner()).body.find(secret) == std::string::npos);
  const RawAnswer other =
      house.call("POST /v1/keys", house.owner(), R"({"name":"eve","role":"viewer"})", key);
  CHECK(other.status == 422);
}

TEST_CASE("the list of keys has pages") {
  House house;
  for (const char* name : {"a", "b", "c"}) house.create({{"name", name}, {"role", "viewer"}});
  std::vector<std::string> names;
  std::string next = "/v1/keys?limit=2";
  while (!next.empty()) {
    const RawAnswer answer = house.call("GET " + next, house.owner());
    REQUIRE(answer.status == 200);
    const json page = json::parse(answer.body);
    for (const json& key : page["keys"]) names.push_back(key["name"]);
    const std::string link = answer.header("link");
    next = link.empty() ? "" : link.substr(1, link.find('>') - 1);
  }
  // Keys of one millisecond stand in any order; each is there once.
  std::sort(names.begin(), names.end());
  CHECK(names == std::vector<std::string>{"a", "b", "c", "owner", "owner"});
  const RawAnswer broken = house.call("GET /v1/keys?cursor=nonsense", house.owner());
  CHECK(broken.status == 400);
  CHECK_THAT(broken.body, contains("query/cursor"));
}

TEST_CASE("an id of something else is no key, and a stale version changes nothing") {
  House house;
  CHECK(house.call("DELETE /v1/keys/task_1", house.owner()).status == 404);
  CHECK(house.call("DELETE /v1/keys/key_1", house.owner()).status == 404);
  const json made = house.create({{"name", "dora"}, {"role", "viewer"}});
  const std::string line = "DELETE /v1/keys/" + made["id"].get<std::string>();
  CHECK(house.call(line, house.owner(), {}, "If-Match: \"9\"\r\n").status == 412);
  CHECK(house.call("GET /v1/whoami", made["token"]).status == 200);
  const RawAnswer gone = house.call(line, house.owner(), {}, "If-Match: \"1\"\r\n");
  CHECK(gone.status == 200);
  CHECK(gone.header("etag") == "\"2\"");
}

TEST_CASE("an owner is always left, also when all revoke at once") {
  House house;
  std::vector<std::string> ids;
  const json listed = json::parse(house.call("GET /v1/keys", house.owner()).body);
  for (const json& key : listed["keys"]) ids.push_back(key["id"]);
  const json third = house.create({{"name", "otto"}, {"role", "owner"}});
  ids.push_back(third["id"]);
  REQUIRE(ids.size() == 3);
  std::vector<std::future<int>> answers;
  for (const std::string& id : ids) {
    answers.push_back(std::async(std::launch::async, [&house, id] {
      return house.call("DELETE /v1/keys/" + id, house.owner()).status;
    }));
  }
  int revoked = 0;
  for (auto& answer : answers) revoked += answer.get() == 200 ? 1 : 0;
  CHECK(revoked >= 1);
  int owners = 0;
  for (const Person& person : house.core().registry().people()->people) {
    owners += static_cast<int>(std::count(person.roles.begin(), person.roles.end(), Role::owner));
  }
  CHECK(owners >= 1);
}

TEST_CASE("a key that only an owner may make names the field") {
  House house;
  const json boss = house.create({{"name", "adam"}, {"role", "admin"}});
  const RawAnswer refused =
      house.call("POST /v1/keys", boss["token"], R"({"name":"eve","role":"owner"})");
  CHECK(refused.status == 403);
  CHECK_THAT(refused.body, contains("\"/role\""));
  const RawAnswer wrong =
      house.call("POST /v1/keys", house.owner(), R"({"name":"e v e","role":"viewer"})");
  CHECK(wrong.status == 400);
  CHECK_THAT(wrong.body, contains("\"/name\""));
}

}  // namespace factory::test
