// The states of a task between pending and closed, as requests see them.
#include "slices/gate/gate.hpp"
#include "tests/slices/queries_world.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {
namespace {

using nlohmann::json;

Ask at(const std::string& task_id, json body = json::object()) {
  Ask ask;
  ask.path = {{"task_id", task_id}};
  ask.body = std::move(body);
  return ask;
}

std::vector<std::string> listed(World& world, json query) {
  Ask ask;
  ask.query = std::move(query);
  const json answer = world.ok(bob, "task.list", ask);
  std::vector<std::string> ids;
  for (const json& task : answer.at("tasks")) ids.push_back(task.at("id"));
  return ids;
}

using Ids = std::vector<std::string>;

TEST_CASE("a task that was begun is listed and counted as in progress") {
  World world(cast());
  const std::string id = world.task("pipe_a", "review", Priority::medium);
  const std::string claimed = world.task("pipe_a", "review", Priority::medium);
  world.ok(carl, "task.claim", at(claimed));
  const json begun = world.ok(bob, "task.start", at(id));
  CHECK(begun.at("status") == "in_progress");
  CHECK(begun.at("claimed_by") == "bob");
  CHECK(begun.at("started_at") == format_time(world.clock.now()));
  CHECK(world.ok(bob, "task.start", at(id)).at("version") == begun.at("version"));
  const Error taken = world.refused(carl, "task.start", at(id));
  CHECK(taken.code == ErrorCode::conflict);
  CHECK(taken.data.at("claimed_by") == "bob");
  CHECK(listed(world, {{"status", "in_progress"}}) == Ids{id});
  CHECK(listed(world, {{"status", "claimed"}}) == Ids{claimed});
  CHECK(world.ok(bob, "task.stats").at("in_progress") == 2);
  const json released = world.ok(bob, "task.release", at(id));
  CHECK(released.at("status") == "pending");
  CHECK_FALSE(released.contains("started_at"));
}

TEST_CASE("an approval that somebody began with is decided at its gate as before") {
  World world(cast());
  const std::string id = world.approval_task(world.in_review("mail")).at("id");
  CHECK(world.ok(carl, "task.start", at(id)).at("status") == "in_progress");
  CHECK(world.ok(ada, "task.complete", at(id, {{"decision", "approved"}})).at("status") ==
        "completed");
}

TEST_CASE("an agent begins with what it has fetched, and with no decision") {
  World world(cast());
  const std::string work = world.task("pipe_a", "fix_required", Priority::medium);
  world.ok(bot, "task.claim", at(work));
  CHECK(world.ok(bot, "task.start", at(work)).at("status") == "in_progress");
  const std::string review = world.task("pipe_a", "review", Priority::medium);
  CHECK(world.refused(bot, "task.start", at(review)).code == ErrorCode::forbidden);
  CHECK(world.refused(vera, "task.start", at(review)).code == ErrorCode::forbidden);
}

TEST_CASE("a task is put off over REST, listed by it, and says so as a blocker") {
  World world(cast());
  const std::string id = world.task("pipe_a", "review", Priority::medium);
  const std::string other = world.task("pipe_a", "review", Priority::medium);
  const json body{{"until", format_time(minute(90))}, {"reason", "the customer is asked"}};
  const json deferred = world.ok(bob, "task.defer", at(id, body));
  CHECK(deferred.at("status") == "pending");
  CHECK(deferred.at("decision") == "deferred");
  CHECK(deferred.at("deferred_until") == format_time(minute(90)));
  CHECK(listed(world, {{"deferred", true}}) == Ids{id});
  CHECK(listed(world, {{"deferred", false}}) == Ids{other});
  CHECK(listed(world, json::object()).size() == 2);
  CHECK(listed(world, {{"deferred", true}, {"pipeline_id", "pipe_b"}}).empty());
  CHECK(listed(world, {{"deferred", true}, {"status", "all"}}) == Ids{id});
  CHECK(listed(world, {{"deferred", true}, {"sort", "sla_deadline"}}) == Ids{id});

  Ask of_pipeline;
  of_pipeline.query = {{"pipeline_id", "pipe_a"}};
  std::string why;
  const json stuck = world.ok(bob, "blocker.list", of_pipeline);
  for (const json& blocker : stuck.at("blockers")) {
    for (const json& cause : blocker.at("causes")) {
      if (cause.at("code") == "deferred") why += cause.at("detail").get<std::string>();
    }
  }
  CHECK(why == "bob put it off until " + format_time(minute(90)) + ": the customer is asked");

  const Error late = world.refused(
      bob, "task.defer", at(id, {{"until", format_time(story_start)}, {"reason", "late"}}));
  CHECK(late.code == ErrorCode::invalid_request);
  CHECK(late.fields.at(0).pointer == "/until");
  world.clock.advance(Millis{90 * 60'000});
  world.fire(id, "deferral");
  CHECK_FALSE(world.doc(id).contains("decision"));
  CHECK(listed(world, {{"deferred", true}}).empty());
}

TEST_CASE("what a gate's deadline decides, its task shows") {
  struct Case {
    DeadlineOutcome outcome;
    std::string gate, status, decision;
  };
  const std::vector<Case> cases{{DeadlineOutcome::approve, "approved", "expired", "approved"},
                                {DeadlineOutcome::reject, "rejected", "expired", "rejected"},
                                {DeadlineOutcome::escalate, "pending", "escalated", ""},
                                {DeadlineOutcome::extend, "pending", "pending", ""}};
  for (const Case& one : cases) {
    INFO(name_of(one.outcome));
    World world(cast());
    GatePolicy policy;
    policy.rules = {{1, {}, {}}};
    policy.deadline = Deadline{60, 0, one.outcome, 30, 2};
    const std::string pipeline = world.in_review("mail", Priority::medium, policy);
    const json waiting = world.approval_task(pipeline);
    const std::string id = waiting.at("id");
    const std::string gate = waiting.at("approval_id");
    world.clock.advance(Millis{60 * 60'000});
    world.run(Principal{}, gate, gate::Command{gate::TimerFired{"deadline"}});
    CHECK(world.doc(gate).at("status") == one.gate);
    const json task = world.doc(id);
    CHECK(task.at("status") == one.status);
    CHECK(task.value("decision", "") == one.decision);
    const bool expired = one.status == "expired";
    CHECK(listed(world, {{"status", "expired"}}) == (expired ? Ids{id} : Ids{}));
    if (!expired) continue;
    CHECK(task.at("decided_by") == "system");
    CHECK_THAT(task.at("decision_notes").get<std::string>(), contains("until the deadline"));
    CHECK(listed(world, {{"type", "approval"}}).empty());
    const Error late = world.refused(ada, "task.complete", at(id, {{"decision", "approved"}}));
    CHECK(late.code == ErrorCode::already_decided);
    CHECK(late.data.at("decided_by") == "system");
    const json now = world.doc(pipeline);
    CHECK(now.at("current_stage") == (one.decision == "approved" ? "staging" : "building"));
  }
}

}  // namespace
}  // namespace factory::test
