#include <future>
#include <set>

#include "tests/slices/pipeline/rest.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {
namespace {

using nlohmann::json;

Asked of(const std::string& id, json body = nullptr, json query = json::object()) {
  return {{{"agent_id", id}}, std::move(query), std::move(body), {}};
}

std::string enlist(Rest& rest, const std::string& name, json more = json::object()) {
  rest.add(name, "agent");
  more["name"] = name;
  return rest.ok("agent.register", with(more), name)["id"];
}

json next(Rest& rest, const std::string& name, json body = json::object()) {
  return rest.ok("agent.next", of("agent_" + name, std::move(body)), name).at("task");
}

}  // namespace

TEST_CASE("agent routes: register, heartbeat, look, change and deregister", "[agent]") {
  Rest rest;
  const std::string id = enlist(rest, "goose_01", {{"capabilities", {"building"}}});
  CHECK(id == "agent_goose_01");
  CHECK(rest.ask("agent.register", with({{"name", "goose_01"}})).status == 409);
  json doc = rest.ok("agent.get", of(id));
  CHECK(doc["status"] == "offline");
  CHECK(doc["owner"] == "goose_01");
  CHECK(doc["health"]["last_heartbeat"].is_null());

  doc = rest.ok("agent.heartbeat", of(id, {{"status", "active"}, {"metrics", {{"queue", 3}}}}),
                "goose_01");
  CHECK(doc["status"] == "active");
  CHECK(doc["metrics"]["queue"] == 3);
  CHECK_FALSE(doc["health"]["last_heartbeat"].is_null());
  const auto version = doc["version"];
  doc = rest.ok("agent.heartbeat", of(id, {{"status", "active"}}), "goose_01");
  CHECK(doc["version"] == version);  // no event
  CHECK(doc["health"]["uptime_seconds"] == 1);
  CHECK(rest.ok("agent.heartbeat", of(id, {{"status", "error"}}), "goose_01")["status"] == "error");

  CHECK(rest.ok("agent.list")["agents"].size() == 1);
  CHECK(rest.ok("agent.list", where({{"status", "offline"}}))["agents"].empty());
  CHECK(rest.ok("agent.list", where({{"status", "error"}}))["agents"].size() == 1);
  CHECK(rest.ok("agent.list", where({{"type", "deployer"}}))["agents"].empty());

  doc = rest.ok("agent.patch", of(id, {{"owner", "alice"}, {"lease_ttl_seconds", 10}}));
  CHECK(doc["owner"] == "alice");
  CHECK(doc["lease_ttl_seconds"] == 10);
  CHECK(rest.ok("agent.deregister", of(id, nullptr, {{"reason", "old"}}))["reason"] == "old");
  CHECK(rest.ask("agent.heartbeat", of(id, {{"status", "idle"}}), "goose_01").status == 409);
  CHECK(rest.ask("agent.next", of(id, json::object()), "goose_01").status == 409);
  CHECK(rest.ok("agent.list")["agents"].empty());
  CHECK(rest.ask("agent.get", of("agent_nobody")).status == 404);
}

TEST_CASE("agent routes: another agent, a viewer and an operator cannot speak for it", "[agent]") {
  Rest rest;
  const std::string id = enlist(rest, "goose");
  enlist(rest, "codex");
  rest.add("vera", "viewer");
  rest.add("bob", "operator");
  const Asked beat = of(id, {{"status", "active"}});
  CHECK(rest.ask("agent.heartbeat", beat, "codex").status == 403);
  CHECK(rest.ask("agent.heartbeat", beat, "vera").status == 403);
  CHECK(rest.ask("agent.heartbeat", beat, "bob").status == 403);
  CHECK(rest.ask("agent.next", of(id, json::object()), "codex").status == 403);
  CHECK(rest.ask("agent.patch", of(id, {{"owner", "codex"}}), "goose").status == 403);
  CHECK(rest.ask("agent.deregister", of(id), "goose").status == 403);
  CHECK(rest.ask("agent.register", with({{"name", "third"}}), "goose").status == 403);
  CHECK(rest.ask("agent.get", of(id), "vera").status == 200);
  CHECK(rest.ask("agent.heartbeat", beat).status == 200);
}

TEST_CASE("agent routes: a missing heartbeat shows at once", "[agent]") {
  Rest rest;
  const std::string id = enlist(rest, "goose", {{"lease_ttl_seconds", 5}});
  rest.ok("agent.heartbeat", of(id, {{"status", "active"}}), "goose");
  for (int i = 0; i < 5; ++i) rest.ok("dashboard.summary");  // each a second later
  const json doc = rest.ok("agent.get", of(id));
  CHECK(doc["status"] == "offline");
  CHECK(doc["lease_expires_at"].is_null());
  CHECK(doc["health"]["uptime_seconds"] == 0);
}

TEST_CASE("agent routes: work is fetched by urgency, stage, pipeline and capability", "[agent]") {
  Rest rest;
  enlist(rest, "goose");
  CHECK(next(rest, "goose").is_null());
  const std::string low = rest.pipeline({{"priority", "low"}});
  const std::string high = rest.pipeline({{"priority", "high"}});
  CHECK(next(rest, "goose", {{"stage", "testing"}}).is_null());
  CHECK(next(rest, "goose", {{"capabilities", {"testing"}}}).is_null());
  const json first = next(rest, "goose", {{"capabilities", {"scaffolding"}}});
  CHECK(first["id"] == high);
  CHECK(first["type"] == "stage_work");
  CHECK(first["stage"] == "scaffolding");
  CHECK_FALSE(first["description"].get<std::string>().empty());
  json doc = rest.ok("agent.get", of("agent_goose"));
  CHECK(doc["status"] == "active");
  CHECK(doc["current_task"] == high);
  CHECK(doc["pipeline"] == "ghl-mcp-server");
  const std::string other = rest.pipeline({{"priority", "critical"}});
  CHECK(next(rest, "goose", {{"pipeline_id", low}})["id"] == low);
  // Whoever manages agents may ask for one.
  CHECK(rest.ok("agent.next", of("agent_goose", json::object())).at("task")["id"] == other);
  CHECK(rest.ok("agent.get", of("agent_goose"))["holding"].size() == 3);
  CHECK(next(rest, "goose").is_null());

  rest.ok("pipeline.complete_stage", at_stage(high, "scaffolding", {{"outcome", "succeeded"}}),
          "goose");
  doc = rest.ok("agent.get", of("agent_goose"));
  CHECK(doc["holding"].size() == 2);
  CHECK(doc["health"]["tasks_completed_24h"] == 1);
  CHECK(doc["health"]["error_rate"] == 0);
  CHECK(next(rest, "goose")["stage"] == "building");
}

TEST_CASE("agent routes: a fix is fetched, a decision never", "[agent]") {
  Rest rest;
  enlist(rest, "goose");
  rest.in_review();
  CHECK(next(rest, "goose").is_null());  // its approval waits for a person
  const std::string id = rest.pipeline({{"assignee_id", "owner"}});
  rest.ok("pipeline.complete_stage",
          at_stage(id, "scaffolding", {{"outcome", "failed"}, {"notes", "no space left"}}));
  const json task = next(rest, "goose");
  CHECK(task["type"] == "fix_required");
  CHECK(task["claimed_by"] == "goose");
  CHECK(task["pipeline_id"] == id);
  // What somebody was given by hand is theirs.
  const Asked mine{{{"task_id", task["id"]}}, json::object(), {{"assignee_id", "owner"}}, {}};
  rest.ok("task.reassign", mine);
  CHECK(next(rest, "goose").is_null());
  const Asked its{{{"task_id", task["id"]}}, json::object(), {{"assignee_id", "goose"}}, {}};
  rest.ok("task.reassign", its);
  CHECK(next(rest, "goose")["id"] == task["id"]);
}

TEST_CASE("agent routes: a repeated request gets what it got", "[agent]") {
  Rest rest;
  enlist(rest, "goose");
  rest.pipeline();
  rest.pipeline();
  Asked asked = of("agent_goose", json::object());
  asked.headers.emplace_back("Idempotency-Key", "once");
  const json first = rest.ok("agent.next", asked, "goose");
  const Answered again = rest.ask("agent.next", asked, "goose");
  CHECK(again.body == first);
  CHECK(again.header("idempotency-replayed") == "true");
  CHECK(rest.ok("agent.get", of("agent_goose"))["holding"].size() == 1);
}

TEST_CASE("agent routes: of 32 agents that ask at once each item goes to exactly one", "[agent]") {
  Rest rest;
  constexpr int agents = 32;
  std::vector<std::string> names;
  for (int i = 0; i < agents; ++i) {
    names.push_back("worker" + std::to_string(i));
    enlist(rest, names.back());
  }
  std::set<std::string> pipelines;
  for (int i = 0; i < 40; ++i) pipelines.insert(rest.pipeline());
  std::vector<std::future<std::vector<std::string>>> hands;
  for (const std::string& name : names) {
    hands.push_back(std::async(std::launch::async, [&rest, name] {
      std::vector<std::string> got;
      for (json task = next(rest, name); !task.is_null(); task = next(rest, name)) {
        got.push_back(task.at("id"));
      }
      return got;
    }));
  }
  std::multiset<std::string> handed;
  for (auto& hand : hands) {
    for (const std::string& id : hand.get()) handed.insert(id);
  }
  CHECK(handed.size() == pipelines.size());
  CHECK(std::set<std::string>(handed.begin(), handed.end()) == pipelines);
}

TEST_CASE("agent routes: what an agent lost shows in the dashboard and with the task", "[agent]") {
  Rest rest;
  const std::string id = enlist(rest, "goose", {{"lease_ttl_seconds", 5}});
  const std::string pipeline = rest.pipeline();
  rest.ok("pipeline.complete_stage",
          at_stage(pipeline, "scaffolding", {{"outcome", "failed"}, {"notes", "no space left"}}));
  const std::string task = next(rest, "goose")["id"];
  json agents = rest.ok("dashboard.summary")["agents"];
  CHECK(agents["total"] == 1);
  CHECK(agents["by_status"]["active"] == 1);
  // Each request comes a second later; the timers run beside.
  for (int i = 0; i < 100'000 && agents["offline_with_work"].empty(); ++i) {
    agents = rest.ok("dashboard.summary")["agents"];
  }
  REQUIRE(agents["offline_with_work"].size() == 1);
  CHECK(agents["offline_with_work"][0]["released"][0]["id"] == task);
  CHECK_THAT(rest.ok("dashboard.summary")["summary"].get<std::string>(),
             contains("The agent goose is offline; 1 item that it held waits again."));
  const json blockers = rest.ok("blocker.list")["blockers"];
  REQUIRE(blockers.size() == 1);
  std::set<std::string> causes;
  for (const json& cause : blockers[0]["causes"]) causes.insert(cause["code"]);
  CHECK(causes.count("agent_offline") == 1);
  CHECK(rest.ok("agent.get", of(id))["released"].size() == 1);
}

TEST_CASE("agent routes: activity is what it did", "[agent]") {
  Rest rest;
  const std::string id = enlist(rest, "goose");
  rest.ok("agent.heartbeat", of(id, {{"status", "active"}}), "goose");
  rest.pipeline();
  const json task = next(rest, "goose");
  const json log = rest.ok("agent.activity", of(id, nullptr, {{"order", "asc"}}));
  std::vector<std::string> actions;
  for (const json& entry : log["entries"]) {
    CHECK(entry["actor"]["id"] == "goose");
    actions.push_back(entry["action"]);
  }
  CHECK(std::multiset<std::string>(actions.begin(), actions.end()) ==
        std::multiset<std::string>{"agent.registered", "agent.status_changed", "agent.work_taken",
                                   "pipeline.work_started"});
  const json page = rest.ok("agent.activity", of(id, nullptr, {{"limit", 2}}));
  CHECK(page["entries"].size() == 2);
  CHECK(page["next_cursor"].is_string());
  CHECK(rest.ok("agent.activity", of(id, nullptr, {{"since", "2030-01-01"}}))["entries"].empty());
}

}  // namespace factory::test
