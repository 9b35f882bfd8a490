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

Ask where(json query) {
  Ask ask;
  ask.query = std::move(query);
  return ask;
}

std::vector<std::string> ids(const json& listed) {
  std::vector<std::string> all;
  for (const json& task : listed.at("tasks")) all.push_back(task.at("id"));
  return all;
}

using Ids = std::vector<std::string>;

TEST_CASE("the queue is ordered by priority, then by deadline, and filtered by index") {
  World world(cast());
  const std::string first = world.task("pipe_a", "review", Priority::medium);
  world.clock.advance(Millis{60'000});
  const std::string second = world.task("pipe_b", "fix_required", Priority::medium);
  const std::string urgent = world.task("pipe_b", "manual_action", Priority::critical);
  const std::string low = world.task("pipe_b", "decision", Priority::low);
  const auto list = [&](json query) {
    return ids(world.ok(bob, "task.list", where(std::move(query))));
  };
  CHECK(list(json::object()) == Ids{urgent, first, second, low});
  CHECK(list({{"priority", "medium"}}) == Ids{first, second});
  CHECK(list({{"pipeline_id", "pipe_b"}}) == Ids{urgent, second, low});
  CHECK(list({{"pipeline_id", "pipe_b"}, {"priority", "medium"}}) == Ids{second});
  CHECK(list({{"type", "decision"}}) == Ids{low});
  CHECK(list({{"status", "claimed"}}).empty());
  CHECK(list({{"sort", "sla_deadline"}}) == Ids{urgent, first, second, low});
  CHECK(list({{"sort", "-sla_deadline"}}) == Ids{low, second, first, urgent});
  CHECK(list({{"sort", "sla_deadline"}, {"pipeline_id", "pipe_a"}}) == Ids{first});
  CHECK(list({{"sort", "-sla_deadline"}, {"priority", "medium"}}) == Ids{second, first});

  world.ok(bob, "task.claim", at(second));
  CHECK(list({{"assignee", "me"}}) == Ids{second});
  CHECK(list({{"assignee", "bob"}, {"pipeline_id", "pipe_a"}}).empty());
  CHECK(list({{"status", "claimed"}}) == Ids{second});
  CHECK(list({{"status", "pending"}, {"pipeline_id", "pipe_b"}}) == Ids{urgent, low});
}

TEST_CASE("closed tasks are listed newest first, and refuse an order that they do not have") {
  World world(cast());
  Ids made;
  for (int i = 0; i < 3; ++i) {
    made.push_back(world.task("pipe_a", "manual_action", Priority::medium));
    world.clock.advance(Millis{1000});
  }
  world.ok(bob, "task.complete", at(made[0], {{"decision", "done"}}));
  world.ok(bob, "task.complete", at(made[2], {{"decision", "done"}}));
  const auto list = [&](json query) {
    return ids(world.ok(bob, "task.list", where(std::move(query))));
  };
  CHECK(list({{"status", "completed"}}) == Ids{made[2], made[0]});
  CHECK(list({{"status", "all"}}) == Ids{made[2], made[1], made[0]});
  CHECK(list({{"status", "all"}, {"pipeline_id", "pipe_a"}}) == Ids{made[2], made[1], made[0]});
  CHECK(list({{"status", "completed"}, {"priority", "high"}}).empty());
  const Error error =
      world.refused(bob, "task.list", where({{"status", "completed"}, {"sort", "sla_deadline"}}));
  CHECK(error.code == ErrorCode::invalid_request);
  CHECK(error.fields.at(0).pointer == "query/sort");
}

TEST_CASE("pages follow each other by cursor and by number, also where a filter skips") {
  World world(cast());
  Ids reviews;
  for (int i = 0; i < 7; ++i) {
    reviews.push_back(world.task("pipe_a", "review", Priority::medium));
    world.task("pipe_a", "decision", Priority::medium);
    world.clock.advance(Millis{60'000});
  }
  Ids seen;
  json query{{"type", "review"}, {"limit", 3}};
  for (int page = 1;; ++page) {
    const json listed = world.ok(bob, "task.list", where(query));
    const Ids by_number =
        ids(world.ok(bob, "task.list", where({{"type", "review"}, {"limit", 3}, {"page", page}})));
    CHECK(ids(listed) == by_number);
    for (const std::string& id : ids(listed)) seen.push_back(id);
    if (listed.at("next_cursor").is_null()) break;
    REQUIRE(page < 10);
    query["cursor"] = listed.at("next_cursor");
  }
  CHECK(seen == reviews);
}

TEST_CASE("a cursor that is damaged or of another query is refused by name") {
  World world(cast());
  for (int i = 0; i < 3; ++i) world.task("pipe_a", "review", Priority::medium);
  const json first = world.ok(bob, "task.list", where({{"limit", 1}}));
  const json& cursor = first.at("next_cursor");
  for (const json& query :
       {json{{"cursor", "nonsense"}}, json{{"cursor", cursor}, {"priority", "high"}},
        json{{"cursor", cursor}, {"page", 2}}}) {
    const Error error = world.refused(bob, "task.list", where(query));
    CHECK(error.code == ErrorCode::invalid_request);
    CHECK(error.fields.at(0).pointer == "query/cursor");
  }
}

TEST_CASE("an approval task shows its digest, who is missing and the evidence") {
  World world(cast());
  GatePolicy policy;
  policy.rules = {{1, {}, {"security"}}, {1, {}, {}}};
  const std::string pipeline = world.in_review("mail", Priority::high, policy);
  const json task = world.approval_task(pipeline);
  const json& approval = task.at("approval");
  CHECK(approval.at("status") == "pending");
  CHECK(approval.at("required_approvers") == 2);
  CHECK(approval.at("current_approvers") == 0);
  CHECK_FALSE(approval.at("digest").get<std::string>().empty());
  CHECK(approval.at("missing").size() == 2);
  const json& eligible = approval.at("eligible");
  CHECK(std::find(eligible.begin(), eligible.end(), "carl") != eligible.end());
  CHECK(std::find(eligible.begin(), eligible.end(), "vera") == eligible.end());
  CHECK(
      task.at("context").at("evidence") ==
      json{"building: assets README.md", "testing: 47 passed, 0 failed, 0 skipped, coverage 91 %"});
  CHECK(world.ok(vera, "task.get", at(task.at("id"))).at("approval") == approval);
  const json brief = world.ok(bob, "task.list", where({{"details", false}})).at("tasks").at(0);
  CHECK(brief.at("approval") == approval);
  CHECK(brief.at("context") == task.at("context"));
  CHECK(brief.dump().size() + 150 < task.dump().size());
}

TEST_CASE("completing an approval task is the vote at its gate") {
  World world(cast());
  GatePolicy policy;
  policy.rules = {{2, {}, {}}};
  policy.exclude_requester = Exclusion::never;
  const std::string pipeline = world.in_review("mail", Priority::medium, policy);
  const json task = world.approval_task(pipeline);
  const json digest = task.at("approval").at("digest");
  const json approve{{"decision", "approved"}, {"digest", digest}};
  const json first = world.ok(ada, "task.complete", at(task.at("id"), approve));
  CHECK(first.at("status") == "pending");
  CHECK(first.at("approval").at("current_approvers") == 1);
  CHECK_THAT(first.at("summary").get<std::string>(), contains("still waits for"));
  CHECK(world.ok(ada, "task.complete", at(task.at("id"), approve)).at("approval") ==
        first.at("approval"));

  const json second = world.ok(bob, "task.complete", at(task.at("id"), approve));
  CHECK(second.at("status") == "completed");
  CHECK(second.at("decision") == "approved");
  CHECK(second.at("decided_by") == "bob");
  CHECK(second.at("approval").at("status") == "approved");
  CHECK(second.at("pipeline").at("current_stage") == "staging");
  CHECK_THAT(second.at("summary").get<std::string>(), contains("in stage staging"));

  const Error third = world.refused(carl, "task.complete", at(task.at("id"), approve));
  CHECK(third.code == ErrorCode::already_decided);
  CHECK(third.data.at("decided_by") == "bob");
}

TEST_CASE("a digest of something else is refused, and an agent never decides") {
  World world(cast());
  const std::string pipeline = world.in_review("mail");
  const std::string id = world.approval_task(pipeline).at("id");
  const json body{{"decision", "approved"}, {"digest", std::string(64, '0')}};
  CHECK(world.refused(ada, "task.complete", at(id, body)).code == ErrorCode::subject_changed);
  CHECK(world.refused(bot, "task.complete", at(id, {{"decision", "approved"}})).code ==
        ErrorCode::forbidden);
  CHECK(world.refused(ada, "task.complete", at(id, {{"decision", "done"}})).code ==
        ErrorCode::unprocessable);
  CHECK(world.doc(id).at("status") == "pending");
}

TEST_CASE("a rejection needs a reason and sends the pipeline back with a task to mend it") {
  World world(cast());
  const std::string pipeline = world.in_review("mail");
  const std::string id = world.approval_task(pipeline).at("id");
  const Error bare = world.refused(ada, "task.complete", at(id, {{"decision", "rejected"}}));
  CHECK(bare.code == ErrorCode::invalid_request);
  CHECK(bare.fields.at(0).pointer == "/reason");
  const json done = world.ok(ada, "task.complete",
                             at(id, {{"decision", "rejected"},
                                     {"reason", "too little tested"},
                                     {"requested_changes", {"edge cases"}},
                                     {"severity", "major"}}));
  CHECK(done.at("decision") == "rejected");
  CHECK(done.at("decision_notes") == "too little tested");
  CHECK(done.at("pipeline").at("current_stage") == "building");
  const json fixes = world.ok(bob, "task.list", where({{"type", "fix_required"}})).at("tasks");
  REQUIRE(fixes.size() == 1);
  CHECK(fixes[0].at("context").at("requested_changes") == json{"edge cases"});
  CHECK(
      world.refused(bob, "task.complete", at(fixes[0].at("id"), {{"decision", "approved"}})).code ==
      ErrorCode::unprocessable);
}

TEST_CASE("claim, release, reassign and priority answer with the task") {
  World world(cast());
  const std::string id = world.task("pipe_a", "review", Priority::medium);
  CHECK(world.ok(bob, "task.claim", at(id)).at("claimed_by") == "bob");
  const Error lost = world.refused(carl, "task.claim", at(id));
  CHECK(lost.code == ErrorCode::conflict);
  CHECK(lost.data.at("claimed_by") == "bob");
  CHECK(world.ok(bob, "task.release", at(id)).at("status") == "pending");
  CHECK(world.ok(bob, "task.reassign", at(id, {{"assignee_id", "carl"}})).at("assignee_id") ==
        "carl");
  CHECK_FALSE(
      world.ok(bob, "task.reassign", at(id, {{"assignee_id", nullptr}})).contains("assignee_id"));
  const json urgent =
      world.ok(bob, "task.patch", at(id, {{"priority", "high"}, {"reason", "the customer waits"}}));
  CHECK(urgent.at("priority") == "high");
  CHECK(urgent.at("sla_deadline") == format_time(minute(60)));
}

TEST_CASE("a task that does not exist is not found, whatever is asked of it") {
  World world(cast());
  const std::string pipeline = world.pipeline("mail");
  for (const std::string& id : {std::string("task_nothing"), pipeline, std::string("x")}) {
    CHECK(world.refused(ada, "task.get", at(id)).code == ErrorCode::not_found);
    CHECK(world.refused(ada, "task.claim", at(id)).code == ErrorCode::not_found);
    CHECK(world.refused(ada, "task.complete", at(id, {{"decision", "done"}})).code ==
          ErrorCode::not_found);
    CHECK(world.refused(ada, "task.patch", at(id, {{"priority", "low"}})).code ==
          ErrorCode::not_found);
  }
}

TEST_CASE("If-Match names the task's version, also where the vote is taken at the gate") {
  World world(cast());
  const std::string pipeline = world.in_review("mail");
  const json task = world.approval_task(pipeline);
  Ask ask = at(task.at("id"), {{"decision", "approved"}});
  ask.if_match = task.at("version").get<std::int64_t>() + 1;
  CHECK(world.refused(ada, "task.complete", ask).code == ErrorCode::precondition_failed);
  ask.if_match = task.at("version").get<std::int64_t>();
  CHECK(world.ok(ada, "task.complete", ask).at("status") == "completed");
}

TEST_CASE("the same idempotency key decides once and answers the same") {
  World world(cast());
  const std::string pipeline = world.in_review("mail");
  Ask ask = at(world.approval_task(pipeline).at("id"), {{"decision", "approved"}});
  ask.idempotency_key = "key-1";
  const json first = world.ok(ada, "task.complete", ask);
  CHECK(world.ok(ada, "task.complete", ask) == first);
  ask.body["notes"] = "another";
  CHECK(world.refused(ada, "task.complete", ask).code == ErrorCode::unprocessable);
}

TEST_CASE("the queue's statistics are those of the reference") {
  World world(cast());
  CHECK(world.ok(bob, "task.stats") ==
        json{{"pending", 0},
             {"in_progress", 0},
             {"blocked", 0},
             {"avg_wait_time_minutes", 0.0},
             {"sla_breaches", 0},
             {"by_priority", {{"critical", 0}, {"high", 0}, {"medium", 0}, {"low", 0}}}});
  const std::string critical = world.task("pipe_a", "review", Priority::critical);
  world.task("pipe_a", "review", Priority::medium);
  const std::string claimed = world.task("pipe_a", "review", Priority::medium);
  const std::string closed = world.task("pipe_a", "manual_action", Priority::low);
  world.ok(bob, "task.claim", at(claimed));
  world.ok(bob, "task.complete", at(closed, {{"decision", "done"}}));
  world.clock.advance(Millis{30 * 60'000});
  world.fire(critical, "sla_breach");
  CHECK(world.ok(bob, "task.stats") ==
        json{{"pending", 2},
             {"in_progress", 1},
             {"blocked", 3},
             {"avg_wait_time_minutes", 30.0},
             {"sla_breaches", 1},
             {"by_priority", {{"critical", 1}, {"high", 0}, {"medium", 1}, {"low", 0}}}});
}

}  // namespace
}  // namespace factory::test
