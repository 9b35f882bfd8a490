#include "app.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/paths.hpp"
#include "tests/http/raw_client.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

namespace factory::test {
namespace {

using nlohmann::json;

/// The whole server with all its routes, on a free port.
class Running {
 public:
  Running() : app_(options(folder_.string())) {
    const std::string file = read_secret_file(folder_.string() + "/owner.key").value();
    owner_ = file.substr(0, file.find('\n'));
  }

  App& app() { return app_; }
  [[nodiscard]] RawClient connect() const { return RawClient(app_.url()); }
  [[nodiscard]] std::string owner() const { return "Authorization: Bearer " + owner_ + "\r\n"; }
  /// The header of a new key of this role.
  [[nodiscard]] std::string key_of(const std::string& name, const std::string& role) const {
    const RawAnswer made =
        connect().call(request("POST /v1/keys", owner() + "Content-Type: application/json\r\n",
                               json{{"name", name}, {"role", role}}.dump()));
    return "Authorization: Bearer " + json::parse(made.body).at("token").get<std::string>() +
           "\r\n";
  }

 private:
  static AppOptions options(const std::string& folder) {
    AppOptions made;
    made.core.data = folder;
    made.port = 0;
    return made;
  }

  TempDir folder_;
  App app_;
  std::string owner_;
};

/// "POST /v1/things/x": the route with something in place of each parameter.
std::string line_of(const Route& route) {
  std::string path = route.path;
  for (std::size_t open = path.find('{'); open != std::string::npos; open = path.find('{')) {
    path.replace(open, path.find('}') - open + 1, "x");
  }
  return route.method + " " + path;
}

}  // namespace

TEST_CASE("no route but the public ones answers a stranger") {
  Running running;
  auto client = running.connect();
  std::size_t guarded = 0;
  for (const Route& route : running.app().core().catalog().routes()) {
    INFO(line_of(route));
    const int status = client.call(request(line_of(route))).status;
    if (route.scope == "public") {
      CHECK((status == 200 || status == 400 || status == 404));  // nobody is asked who he is
    } else {
      CHECK(status == 401);
      ++guarded;
    }
  }
  CHECK(guarded > 20);
}

TEST_CASE("each route refuses the roles that lack its scope, and says which") {
  Running running;
  const Catalog& catalog = running.app().core().catalog();
  auto client = running.connect();
  for (const std::string role : {"operator", "viewer", "agent"}) {
    const std::string key = running.key_of("one-" + role, role);
    const auto& scopes = catalog.roles().at(role);
    const auto before = running.app().core().store().last_position();
    for (const Route& route : catalog.routes()) {
      const bool open = route.scope == "public" || route.scope == "any" ||
                        std::find(scopes.begin(), scopes.end(), route.scope) != scopes.end();
      if (open) continue;
      INFO(role << " " << line_of(route));
      const RawAnswer answer = client.call(request(line_of(route), key));
      CHECK(answer.status == 403);
      CHECK(json::parse(answer.body).at("required_scope") == route.scope);
    }
    CHECK(running.app().core().store().last_position() == before);
  }
}

TEST_CASE("hostile requests change nothing") {
  Running running;
  const std::string head = running.owner() + "Content-Type: application/json\r\n";
  const auto before = running.app().core().store().last_position();
  const std::string deep = std::string(100, '[') + std::string(100, ']');
  for (const std::string& text :
       {request("POST /v1/pipelines", head, deep), request("POST /v1/pipelines", head, "{\"a\":1}"),
        request("POST /v1/pipelines", head, "{\"name\":\"\xff\"}"),
        request("POST /v1/pipelines", head, "{\"name\":7}"),
        request("POST /v1/pipelines", head + "Content-Encoding: gzip\r\n", "xx"),
        request("POST /v1/pipelines", head + "Transfer-Encoding: chunked\r\n", "{}"),
        request("POST /v1/tasks/pipe_1/complete", head, R"({"decision":"approved"})"),
        request("DELETE /v1/keys/pipe_1", head)}) {
    INFO(text.substr(0, 200));
    auto client = running.connect();
    const RawAnswer answer = client.call(text);
    CHECK(answer.status >= 400);
    CHECK(answer.status < 500);
    CHECK(json::parse(answer.body).at("status") == answer.status);
  }
  CHECK(running.app().core().store().last_position() == before);
}

TEST_CASE("the whole server stops within two seconds, whoever is connected") {
  Running running;
  std::vector<RawClient> idle;
  for (int i = 0; i < 20; ++i) {
    idle.push_back(running.connect());
    CHECK(idle.back().call(request("GET /v1/whoami", running.owner())).status == 200);
  }
  const auto began = std::chrono::steady_clock::now();
  running.app().stop();
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(2));
  for (RawClient& client : idle) CHECK(client.wait_closed());
}

}  // namespace factory::test
