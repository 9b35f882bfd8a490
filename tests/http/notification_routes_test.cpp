#include "tests/http/site.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {
namespace {

using nlohmann::json;

/// A pipeline of the standard template that waits at its review; its id.
std::string in_review(Site& site, const std::string& name) {
  json pipeline = site.owner("POST /v1/pipelines", {{"name", name}});
  const std::string path = "/v1/pipelines/" + pipeline.at("id").get<std::string>();
  for (const char* stage : {"scaffolding", "building", "testing"}) {
    json report{{"outcome", "succeeded"}};
    if (stage == std::string("building")) report["assets"] = {{{"name", "README.md"}}};
    if (stage == std::string("testing")) {
      report["tests"] = {{"passed", 10}, {"failed", 0}, {"coverage", 90}};
    }
    pipeline = site.owner("POST " + path + "/stages/" + stage + "/complete", report);
  }
  while (site.core().fire_timers()) {
  }
  return pipeline.at("id");
}

std::string task_of(Site& site, const std::string& pipeline) {
  return site.owner("GET /v1/pipelines/" + pipeline).at("waiting_for").at("task_id");
}

json inbox(Site& site, const std::string& token, const std::string& query = "") {
  const Reply reply = site.call("GET /v1/notifications" + query, token);
  REQUIRE(reply.status == 200);
  return reply.body.at("notifications");
}

json unread(Site& site, const std::string& token) {
  return site.call("GET /v1/notifications/unread-count", token).body.at("unread");
}

TEST_CASE("notification routes: who can decide is told", "[notification]") {
  Site site;
  const std::string alice = site.key("alice", "operator").at("token");
  const std::string vera = site.key("vera", "viewer").at("token");
  const std::string pipeline = in_review(site, "mail");
  const json told = inbox(site, alice);
  REQUIRE(told.size() == 1);
  CHECK(told[0]["type"] == "approval_pending");
  CHECK(told[0]["entity_id"] == task_of(site, pipeline));
  CHECK(told[0]["pipeline_id"] == pipeline);
  CHECK(told[0]["step"] == "created");
  CHECK(told[0]["read"] == false);
  CHECK(unread(site, alice) == 1);
  CHECK(inbox(site, vera).empty());
}

TEST_CASE("notification routes: whom a comment names is told, once", "[notification]") {
  Site site;
  const std::string alice = site.key("alice", "operator").at("token");
  const std::string bob = site.key("bob", "operator").at("token");
  const json pipeline = site.owner("POST /v1/pipelines", {{"name", "mail"}});
  const std::string path = "/v1/pipelines/" + pipeline.at("id").get<std::string>();
  const json said = site.owner("POST " + path + "/comments", {{"text", "@bob look at this"}});
  const std::string comment = "/v1/comments/" + said.at("id").get<std::string>();
  const json told = inbox(site, bob);
  REQUIRE(told.size() == 1);
  CHECK(told[0]["type"] == "mention");
  CHECK(told[0]["title"] == "owner mentioned you: mail");
  CHECK(told[0]["body"] == "@bob look at this");
  CHECK(told[0]["action_url"] == path);
  CHECK(inbox(site, alice).empty());
  CHECK(inbox(site, site.owner_token()).empty());
  site.owner("PATCH " + comment, {{"text", "@bob and @alice, look at this"}});
  CHECK(inbox(site, bob).size() == 1);
  CHECK(inbox(site, alice).size() == 1);
}

TEST_CASE("notification routes: read, dismiss, and others' are not found", "[notification]") {
  Site site;
  const std::string alice = site.key("alice", "operator").at("token");
  const std::string bob = site.key("bob", "operator").at("token");
  in_review(site, "mail");
  in_review(site, "chat");
  const json told = inbox(site, alice);
  REQUIRE(told.size() == 2);
  CHECK(told[0]["created_at"] >= told[1]["created_at"]);
  const std::string path = "/v1/notifications/" + told[0]["id"].get<std::string>();
  for (const std::string& line :
       {"GET " + path, "POST " + path + "/read", "POST " + path + "/dismiss"}) {
    INFO(line);
    CHECK(site.call(line, bob).status == 404);
    CHECK(site.call(line, site.owner_token()).status == 404);
  }
  CHECK(site.call("GET /v1/notifications/ntf_1", alice).status == 404);
  CHECK(site.call("POST " + path + "/read", alice).body["status"] == "read");
  CHECK(site.call("POST " + path + "/read", alice).status == 200);
  CHECK(unread(site, alice) == 1);
  CHECK(inbox(site, alice).size() == 2);
  CHECK(inbox(site, alice, "?unread=true").size() == 1);
  CHECK(site.call("POST " + path + "/dismiss", alice).body["dismissed"] == true);
  CHECK(inbox(site, alice).size() == 1);
  CHECK(site.call("GET " + path, alice).body["status"] == "dismissed");
  CHECK(unread(site, bob) == 2);
}

TEST_CASE("notification routes: pages, and all are read at once", "[notification]") {
  Site site;
  const std::string alice = site.key("alice", "operator").at("token");
  for (int i = 0; i < 5; ++i) in_review(site, "server-" + std::to_string(i));
  std::set<std::string> seen;
  std::string cursor;
  for (int page = 0; page < 3; ++page) {
    const json found =
        site.call("GET /v1/notifications?limit=2" + (cursor.empty() ? "" : "&cursor=" + cursor),
                  alice)
            .body;
    for (const json& one : found.at("notifications")) seen.insert(one.at("id"));
    cursor = found.at("next_cursor").is_null() ? "" : found.at("next_cursor");
  }
  CHECK(seen.size() == 5);
  CHECK(cursor.empty());
  const Reply all = site.call("POST /v1/notifications/read-all", alice);
  CHECK(all.status == 200);
  CHECK(all.body["marked"] == 5);
  CHECK(all.body["unread"] == 0);
  CHECK(site.call("POST /v1/notifications/read-all", alice).body["marked"] == 0);
}

TEST_CASE("notification routes: the requester learns what was decided", "[notification]") {
  Site site;
  const std::string alice = site.key("alice", "operator").at("token");
  const std::string pipeline = in_review(site, "mail");
  const std::string gate =
      site.owner("GET /v1/pipelines/" + pipeline)["waiting_for"]["approval_id"];
  CHECK(site.call("POST /v1/approvals/" + gate + "/approve", alice, json::object()).status == 200);
  const json told = inbox(site, site.owner_token());
  REQUIRE_FALSE(told.empty());
  CHECK(std::count_if(told.begin(), told.end(), [&](const json& one) {
          return one["type"] == "approval_approved" && one["entity_id"] == gate;
        }) == 1);
}

TEST_CASE("notification routes: the ladder goes on through restarts, each step once",
          "[notification]") {
  Site site;
  const std::string alice = site.key("alice", "operator").at("token");
  const std::string task = task_of(site, in_review(site, "mail"));
  // Medium priority: the deadline is 24 hours after the creation.
  const std::vector<std::pair<int, std::string>> steps{
      {30, "reminder_1"},       {120, "reminder_2"},      {240, "still_waiting"},
      {1410, "deadline_in_30"}, {1430, "deadline_in_10"}, {1440, "breach"},
      {1560, "critical"}};
  const auto told = [&] {
    json doc = site.owner("GET /v1/tasks/" + task);
    return doc.value("notified", json::array());
  };
  const Time created = site.clock->now();
  for (std::size_t i = 0; i < steps.size(); ++i) {
    INFO(steps[i].second);
    CHECK(site.owner("GET /v1/tasks/" + task)["next_notification"]["step"] == steps[i].second);
    site.clock->set(created + steps[i].first * one_minute - Millis{1});
    site.core().fire_timers();
    CHECK(told().size() == i + 1);
    site.clock->set(created + steps[i].first * one_minute);
    site.start();  // all that was in memory is gone
    site.core().fire_timers();
    site.core().fire_timers();
    site.start();
    site.core().fire_timers();
    REQUIRE(told().size() == i + 2);
    CHECK(told()[i + 1]["step"] == steps[i].second);
  }
  CHECK_FALSE(site.owner("GET /v1/tasks/" + task).contains("next_notification"));
  // "critical" goes to owners alone.
  CHECK(inbox(site, alice).size() == steps.size());
  std::set<std::string> owners;
  for (const json& one : inbox(site, site.owner_token())) owners.insert(one.at("type"));
  CHECK(owners == std::set<std::string>{"task_escalated", "sla_breach"});
}

}  // namespace
}  // namespace factory::test
