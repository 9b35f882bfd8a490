// The trail over REST: filters, export, access trail, archive.
#include <fstream>
#include <set>
#include <sstream>

#include "app.hpp"
#include "common/http_client.hpp"
#include "engine/audit.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/temp_dir.hpp"

namespace factory::test {
namespace {

using nlohmann::json;
using Headers = std::vector<std::pair<std::string, std::string>>;

class Site {
 public:
  Site() {
    AppOptions options;
    options.core.data = folder_.string();
    options.core.clock = clock_;
    options.port = 0;
    app_ = std::make_unique<App>(std::move(options));
    std::ifstream(folder_ / "owner.key") >> token_;
  }

  HttpResponse send(const std::string& method, const std::string& target,
                    const json& body = nullptr, const std::string& token = "",
                    const Headers& headers = {}) {
    HttpRequest request;
    request.method = method;
    request.url = app_->url() + target;
    request.headers = headers;
    request.headers.emplace_back("Authorization", "Bearer " + (token.empty() ? token_ : token));
    request.headers.emplace_back("User-Agent", "trail-test/1");
    if (!body.is_null()) {
      request.headers.emplace_back("Content-Type", "application/json");
      request.body = body.dump();
    }
    clock_->advance(Millis{1000});
    auto response = client_.send(request);
    if (!response) throw std::runtime_error(response.error().detail);
    return std::move(*response);
  }
  json ok(const std::string& method, const std::string& target, const json& body = nullptr,
          const std::string& token = "", const Headers& headers = {}) {
    const HttpResponse response = send(method, target, body, token, headers);
    CAPTURE(method, target, response.body);
    REQUIRE(response.status < 300);
    return json::parse(response.body);
  }
  std::string key(const std::string& name, const std::string& role) {
    return ok("POST", "/v1/keys", {{"name", name}, {"role", role}})["token"];
  }
  std::string pipeline(const std::string& token = "") {
    return ok("POST", "/v1/pipelines", {{"name", "weather"}}, token)["id"];
  }
  Core& core() { return app_->core(); }
  FakeClock& clock() { return *clock_; }

 private:
  TempDir folder_;
  std::shared_ptr<FakeClock> clock_ = std::make_shared<FakeClock>();
  std::unique_ptr<App> app_;
  HttpClient client_;
  std::string token_;
};

std::set<std::string> operations(const json& document) {
  std::set<std::string> all;
  for (const json& entry : document.at("entries")) all.insert(entry.at("operation"));
  return all;
}

}  // namespace

TEST_CASE("audit: entries say from where, and are found by channel and request") {
  Site site;
  const std::string id = site.pipeline();
  const json body{{"reason", "lunch"}};
  site.ok("POST", "/v1/pipelines/" + id + "/pause", body, "", {{"X-Request-Id", "my-request"}});
  const json page = site.ok("GET", "/v1/audit?request_id=my-request");
  REQUIRE(page["entries"].size() == 1);
  const json& entry = page["entries"][0];
  CHECK(entry["action"] == "pipeline.paused");
  CHECK(entry["metadata"]["ip"] == "127.0.0.1");
  CHECK(entry["metadata"]["user_agent"] == "trail-test/1");
  CHECK(entry["changes"]["status"]["to"] == "paused");
  CHECK(site.ok("GET", "/v1/audit?request_id=none")["entries"].empty());
  CHECK(site.ok("GET", "/v1/audit?channel=discord")["entries"].empty());
  const json rest = site.ok("GET", "/v1/audit?channel=rest&limit=100");
  CHECK(rest["entries"].size() >= 3);
  for (const json& one : rest["entries"]) CHECK(one["actor"]["channel"] == "rest");
  // Two a page lead through the same ones.
  std::size_t found = 0;
  std::string cursor;
  do {
    const json some = site.ok("GET", "/v1/audit?channel=rest&limit=2" + cursor);
    found += some["entries"].size();
    cursor =
        some["next_cursor"].is_null() ? "" : "&cursor=" + some["next_cursor"].get<std::string>();
  } while (!cursor.empty());
  CHECK(found == rest["entries"].size());
}

TEST_CASE("audit: the export is a stream that is checked offline") {
  Site site;
  for (int i = 0; i < 60; ++i) site.pipeline();
  const HttpResponse whole = site.send("GET", "/v1/audit/export");
  CHECK(whole.status == 200);
  CHECK(whole.headers.find("content-type")->second == "application/x-ndjson");
  const auto check = [&](const std::string& text) {
    std::istringstream in(text);
    return engine::verify_trail(in, site.core().seal_key().public_hex());
  };
  const auto report = check(whole.body);
  CHECK(report.problems == std::vector<std::string>{});
  CHECK(report.events == site.core().store().last_position());
  CHECK_FALSE(check(whole.body.substr(0, whole.body.rfind("{\"seal"))).sound());

  const HttpResponse part = site.send("GET", "/v1/audit/export?after=10&through=20");
  CHECK(check(part.body).problems == std::vector<std::string>{});
  CHECK(check(part.body).events == 10);
  CHECK(site.send("GET", "/v1/audit/export?since=yesterday").status == 400);
  // Events hold hashes of secrets, and cannot be shown without them and still be checked.
  for (const std::string role : {"agent", "viewer", "operator"}) {
    const std::string key = site.key("a-" + role, role);
    CHECK(site.send("GET", "/v1/audit/export", nullptr, key).status == 403);
  }
}

TEST_CASE("access trail: tools and sensitive reads are in it, refused ones too") {
  Site site;
  const std::string vera = site.key("vera", "viewer");
  const std::string goose = site.key("goose", "agent");
  site.ok("GET", "/v1/tasks", nullptr, vera);  // neither a tool nor sensitive
  site.ok("GET", "/v1/audit", nullptr, vera);
  CHECK(site.send("GET", "/v1/audit", nullptr, goose).status == 403);
  CHECK(site.send("GET", "/v1/audit", nullptr, "af_nobody_x").status == 401);
  site.ok("GET", "/v1/tasks", nullptr, goose,
          {{"X-Factory-Tool", "factory_get_pending_tasks"}, {"X-Request-Id", "call-1"}});
  site.ok("GET", "/v1/tasks", nullptr, goose, {{"X-Factory-Tool", "no tool <script>"}});

  const json all = site.ok("GET", "/v1/audit/access");
  REQUIRE(all["entries"].size() == 3);
  const json& tool = all["entries"][0];
  CHECK(tool["tool"] == "factory_get_pending_tasks");
  CHECK(tool["operation"] == "task.list");
  CHECK(tool["actor"]["id"] == "goose");
  CHECK(tool["actor"]["type"] == "agent");
  CHECK(tool["request_id"] == "call-1");
  CHECK(tool["outcome"] == "ok");
  CHECK(tool["metadata"]["ip"] == "127.0.0.1");
  CHECK(all["entries"][1]["outcome"] == "forbidden");
  CHECK(all["entries"][1]["status"] == 403);
  CHECK(all["entries"][2]["actor"]["id"] == "vera");

  CHECK(site.ok("GET", "/v1/audit/access?actor=vera")["entries"].size() == 1);
  CHECK(site.ok("GET", "/v1/audit/access?tool=factory_get_pending_tasks")["entries"].size() == 1);
  // Whoever reads the trail is in it.
  CHECK(operations(site.ok("GET", "/v1/audit/access?actor=owner")) ==
        std::set<std::string>{"audit.access"});
  CHECK(site.send("GET", "/v1/audit/access?cursor=x").status == 400);
}

TEST_CASE("archive: over REST, and whoever asks for what is in it is told where") {
  Site site;
  const std::string id = site.pipeline();
  site.ok("DELETE", "/v1/pipelines/" + id + "?archive=true");
  const std::string kept = site.pipeline();
  site.clock().advance(Millis{30 * 86'400'000LL});
  const json run = site.ok("POST", "/v1/archives", {{"older_than_days", 10}});
  CHECK(run["pipelines"] == 1);
  REQUIRE(run["files"].size() == 1);
  const HttpResponse gone = site.send("GET", "/v1/pipelines/" + id);
  CHECK(gone.status == 404);
  CHECK(json::parse(gone.body)["archive_file"] == run["files"][0]);
  CHECK(site.send("POST", "/v1/pipelines/" + id + "/pause", json::object()).status == 404);
  CHECK(site.ok("GET", "/v1/pipelines/" + kept)["status"] == "active");
  const json trail = site.ok("GET", "/v1/audit?entity_id=" + id);
  CHECK(trail["entries"][0]["metadata"]["archived"] == true);
  CHECK(trail["entries"][0]["action"] == "pipeline.archived");
  const json list = site.ok("GET", "/v1/archives");
  REQUIRE(list["archives"].size() == 1);
  CHECK(list["archives"][0]["file"] == run["files"][0]);
  CHECK(list["archives"][0]["events"] == run["events"]);
  CHECK(site.ok("POST", "/v1/archives", {{"older_than_days", 10}})["pipelines"] == 0);
  const std::string bob = site.key("bob", "operator");
  CHECK(site.send("POST", "/v1/archives", {{"older_than_days", 10}}, bob).status == 403);
  const auto audit = engine::verify_store(site.core().store(), site.core().seal_key().public_hex(),
                                          site.core().archive_folder());
  CHECK(audit.problems == std::vector<std::string>{});
}

}  // namespace factory::test
