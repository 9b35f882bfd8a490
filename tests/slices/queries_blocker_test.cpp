#include <set>

#include "slices/pipeline/pipeline.hpp"
#include "tests/slices/queries_world.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {
namespace {

using nlohmann::json;

Ask where(json query) {
  Ask ask;
  ask.query = std::move(query);
  return ask;
}

json blockers(World& world, json query = json::object()) {
  return world.ok(vera, "blocker.list", where(std::move(query)));
}

std::vector<std::string> titles(const json& answer) {
  std::vector<std::string> all;
  for (const json& blocker : answer.at("blockers")) all.push_back(blocker.at("title"));
  return all;
}

std::string codes(const json& blocker) {
  std::string all;
  for (const json& cause : blocker.at("causes")) {
    all += (all.empty() ? "" : " ") + cause.at("code").get<std::string>();
  }
  return all;
}

TEST_CASE("where nothing is stuck the answer says so") {
  World world(cast());
  const json answer = blockers(world);
  CHECK(answer.at("summary") == "Nothing is stuck.");
  CHECK(answer.at("total") == 0);
  CHECK(answer.at("at_least") == false);
}

TEST_CASE("what is stuck comes by priority, then by time, with who can unblock it and how") {
  World world(cast());
  const std::string older = world.in_review("older", Priority::medium);
  world.clock.advance(Millis{3'600'000});
  world.in_review("newer", Priority::medium);
  world.in_review("urgent", Priority::critical);
  world.pipeline("goes on", Priority::critical);
  const json answer = blockers(world);
  CHECK(titles(answer) == std::vector<std::string>{"Gate: urgent", "Gate: older", "Gate: newer"});
  CHECK(answer.at("total") == 3);
  const json& blocker = answer.at("blockers")[1];
  CHECK(blocker.at("type") == "task");
  CHECK(blocker.at("task_type") == "approval");
  CHECK(blocker.at("pipeline_id") == older);
  CHECK(blocker.at("pipeline_name") == "older");
  CHECK(blocker.at("stage") == "review");
  CHECK(blocker.at("since") == format_time(story_start));
  CHECK(blocker.at("blocked_seconds") == 3600);
  CHECK(codes(blocker) == "approvals_missing unassigned");
  CHECK(blocker.at("who_can_unblock") == json{"ada", "carl"});
  const json& action = blocker.at("suggested_action");
  CHECK(action.at("tool") == "factory_approve_task");
  CHECK(action.at("path") == "/v1/tasks/" + blocker.at("id").get<std::string>() + "/complete");
  CHECK(action.at("arguments").at("digest") ==
        world.approval_task(older).at("approval").at("digest"));
  CHECK_THAT(answer.at("summary").get<std::string>(), contains("3 things are stuck"));
  CHECK_THAT(answer.at("summary").get<std::string>(), contains("ada or carl can unblock it"));
}

TEST_CASE("a suggestion, sent as it stands, unblocks") {
  World world(cast());
  world.in_review("mail");
  const json action = blockers(world).at("blockers")[0].at("suggested_action");
  Ask ask;
  ask.path = {{"task_id", blockers(world).at("blockers")[0].at("id")}};
  ask.body = action.at("body");
  CHECK(world.ok(ada, action.at("operation"), ask).at("decision") == "approved");
  CHECK(blockers(world).at("blockers").empty());
}

TEST_CASE("blockers of one pipeline, without suggestions, page by page") {
  World world(cast());
  const std::string one = world.in_review("one");
  world.in_review("two");
  for (int i = 0; i < 3; ++i) world.task(one, "fix_required", Priority::high);
  const json all = blockers(world, {{"pipeline_id", one}, {"include_suggestions", false}});
  CHECK(all.at("total") == 4);
  CHECK(all.at("at_least") == false);
  for (const json& blocker : all.at("blockers")) {
    CHECK(blocker.at("pipeline_id") == one);
    CHECK_FALSE(blocker.contains("suggested_action"));
  }
  json query{{"pipeline_id", one}, {"limit", 3}};
  const json first = blockers(world, query);
  CHECK(first.at("blockers").size() == 3);
  CHECK(first.at("at_least") == true);
  query["cursor"] = first.at("next_cursor");
  const json second = blockers(world, query);
  CHECK(second.at("blockers").size() == 1);
  CHECK(second.at("next_cursor").is_null());
  CHECK(blockers(world, {{"limit", 2}}).at("total") == 5);
}

TEST_CASE("a gate that nobody can decide any more names that as its root cause") {
  World world(cast());
  GatePolicy policy;
  policy.rules = {{1, {}, {"security"}}};
  world.in_review("mail", Priority::medium, policy);
  CHECK(codes(blockers(world).at("blockers")[0]) == "approvals_missing unassigned");
  world.people({ada, bob, vera, bot});
  const json blocker = blockers(world).at("blockers")[0];
  CHECK(codes(blocker) == "nobody_eligible approvals_missing unassigned");
  CHECK(blocker.at("who_can_unblock") == json{"ada"});
  CHECK_THAT(blocker.at("waiting_for").get<std::string>(), contains("group security"));
  CHECK_FALSE(blocker.contains("suggested_action"));
}

TEST_CASE("a pipeline that failed or was paused is a blocker until it goes on") {
  World world(cast());
  const std::string failed = world.pipeline("broken", Priority::low);
  const std::string paused = world.pipeline("waiting", Priority::high);
  world.run(bob, failed, pipeline::Command{pipeline::Fail{"the platform is gone"}});
  world.run(bob, paused, pipeline::Command{pipeline::Pause{"holiday"}});
  world.clock.advance(Millis{60'000});
  const json answer = blockers(world);
  CHECK(titles(answer) == std::vector<std::string>{"waiting is paused", "broken is failed"});
  CHECK(codes(answer.at("blockers")[0]) == "paused");
  CHECK(answer.at("blockers")[0].at("suggested_action").at("operation") == "pipeline.resume");
  CHECK(answer.at("blockers")[0].at("blocked_seconds") == 60);
  CHECK(codes(answer.at("blockers")[1]) == "stage_failed");
  CHECK(answer.at("blockers")[1].at("stage") == "building");
  CHECK(answer.at("blockers")[1].at("suggested_action").at("path") ==
        "/v1/pipelines/" + failed + "/retry");
  world.run(bob, paused, pipeline::Command{pipeline::Resume{}});
  world.run(bob, failed, pipeline::Command{pipeline::Retry{"", "again"}});
  const json later = blockers(world);
  REQUIRE(later.at("blockers").size() == 1);
  CHECK(codes(later.at("blockers")[0]) == "stage_failed approvals_missing unassigned");
}

TEST_CASE("a rejected pipeline waits for the work to mend, and a paused one says so first") {
  World world(cast());
  const std::string pipeline = world.in_review("mail");
  Ask reject;
  reject.path = {{"task_id", world.approval_task(pipeline).at("id")}};
  reject.body = {{"decision", "rejected"}, {"reason", "no tests of errors"}};
  world.ok(ada, "task.complete", reject);
  const json blocker = blockers(world).at("blockers")[0];
  CHECK(codes(blocker) == "fix_required unassigned");
  CHECK(blocker.at("suggested_action").at("tool") == "factory_report_stage");
  CHECK(blocker.at("suggested_action").at("arguments").at("stage") == "building");
  world.run(bob, pipeline, pipeline::Command{pipeline::Pause{""}});
  std::set<std::string> causes;
  const json answer = blockers(world);
  for (const json& one : answer.at("blockers")) causes.insert(codes(one));
  CHECK(causes == std::set<std::string>{"paused", "paused fix_required unassigned"});
}

TEST_CASE("the dashboard counts pipelines, tasks and blockers") {
  World world(cast());
  const json empty = world.ok(vera, "dashboard.summary");
  CHECK(empty.at("pipelines").at("total") == 0);
  CHECK(empty.at("summary") ==
        "0 active pipelines; 0 tasks waiting and 0 in progress. Nothing is stuck.");
  for (int i = 0; i < 6; ++i) world.in_review("mail " + std::to_string(i), Priority::medium);
  const std::string failed = world.pipeline("broken", Priority::high);
  world.run(bob, failed, pipeline::Command{pipeline::Fail{"no"}});
  const std::string gone = world.pipeline("gone", Priority::high);
  world.run(bob, gone, pipeline::Command{pipeline::Archive{"not needed"}});
  const json summary = world.ok(vera, "dashboard.summary");
  CHECK(summary.at("pipelines").at("by_status") == json{{"active", 6}, {"failed", 1}});
  CHECK(summary.at("pipelines").at("by_stage") == json{{"review", 6}, {"building", 1}});
  CHECK(summary.at("pipelines").at("total") == 7);
  CHECK(summary.at("tasks").at("pending") == 6);
  CHECK(summary.at("blockers").at("total") == 7);
  CHECK(summary.at("blockers").at("top").size() == 5);
  CHECK(summary.at("blockers").at("top")[0].at("title") == "broken is failed");
  CHECK_FALSE(summary.at("blockers").at("top")[0].contains("suggested_action"));
  CHECK(summary.at("sla_breaches") == 0);
}

TEST_CASE("the dashboard's breaches are those of the SLA's timers") {
  World world(cast());
  const std::string task = world.task("pipe_a", "review", Priority::critical);
  world.clock.advance(Millis{10 * 60'000});
  world.fire(task, "sla_breach");
  CHECK(world.ok(vera, "dashboard.summary").at("sla_breaches") == 1);
  CHECK_THAT(world.ok(vera, "dashboard.summary").at("summary").get<std::string>(),
             contains("1 past the SLA"));
}

}  // namespace
}  // namespace factory::test
