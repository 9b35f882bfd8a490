#include "tests/slices/queries_world.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {
namespace {

using nlohmann::json;

Ask bulk(json body, const std::string& key = "") {
  Ask ask;
  ask.body = std::move(body);
  ask.idempotency_key = key;
  return ask;
}

/// "200 403 404" of the items, in order.
std::string statuses(const json& answer) {
  std::string all;
  for (const json& item : answer.at("results")) {
    CHECK(item.at("ok") == item.contains("task"));
    CHECK(item.at("ok") != item.contains("error"));
    all += (all.empty() ? "" : " ") + std::to_string(item.at("status").get<int>());
  }
  return all;
}

TEST_CASE("each item of a bulk has its own outcome") {
  World world(cast());
  const std::string review = world.task("pipe_a", "review", Priority::medium);
  const std::string approval = world.approval_task(world.in_review("mail")).at("id");
  const std::string fix = world.task("pipe_a", "fix_required", Priority::medium);
  const json answer =
      world.ok(ada, "task.bulk",
               bulk({{"action", "approve"}, {"task_ids", {review, "task_none", approval, fix}}}));
  CHECK(statuses(answer) == "200 404 200 422");
  CHECK(answer.at("succeeded") == 2);
  CHECK(answer.at("failed") == 2);
  CHECK(answer.at("summary") == "2 of 4 tasks done.");
  CHECK(answer.at("results")[0].at("task").at("decision") == "approved");
  CHECK(answer.at("results")[1].at("error").at("code") == "not_found");
  CHECK(answer.at("results")[2].at("task").at("approval").at("status") == "approved");
  CHECK(answer.at("results")[3].at("error").at("hint").get<std::string>().size() > 10);
  CHECK(world.doc(review).at("status") == "completed");
  CHECK(world.doc(fix).at("status") == "pending");
}

TEST_CASE("a key that is limited to other things decides at no gate") {
  World world(cast());
  Principal builder = ada;
  builder.scopes = {"pipelines:write", "tasks:read", "tasks:reject"};
  const std::string action = world.task("pipe_a", "manual_action", Priority::medium);
  const std::string approval = world.approval_task(world.in_review("mail")).at("id");
  const auto run = [&](const char* what) {
    return statuses(
        world.ok(builder, "task.bulk", bulk({{"action", what}, {"task_ids", {approval}}})));
  };
  CHECK(run("approve") == "403");
  const json reassign{{"action", "reassign"}, {"assignee_id", "carl"}, {"task_ids", {action}}};
  CHECK(world.refused(builder, "task.bulk", bulk(reassign)).data.at("required_scope") ==
        "tasks:approve");
  Ask complete;
  complete.path = {{"task_id", approval}};
  complete.body = {{"decision", "approved"}};
  const Error refused = world.refused(builder, "task.complete", complete);
  CHECK(refused.code == ErrorCode::forbidden);
  CHECK(refused.data.at("required_scope") == "tasks:approve");
  CHECK(world.doc(approval).at("status") == "pending");
  // What no gate decides is work like any other.
  complete.path = {{"task_id", action}};
  complete.body = {{"decision", "done"}};
  CHECK(world.ok(builder, "task.complete", complete).at("status") == "completed");
  complete.path = {{"task_id", approval}};
  complete.body = {{"decision", "rejected"}, {"reason", "not yet"}};
  CHECK(world.ok(builder, "task.complete", complete).at("approval").at("status") == "rejected");
}

TEST_CASE("every action of a bulk") {
  World world(cast());
  const std::string a = world.task("pipe_a", "manual_action", Priority::medium);
  const std::string b = world.task("pipe_a", "manual_action", Priority::medium);
  const auto run = [&](json body) {
    body["task_ids"] = {a, b};
    return statuses(world.ok(bob, "task.bulk", bulk(body)));
  };
  CHECK(run({{"action", "claim"}}) == "200 200");
  CHECK(world.doc(a).at("claimed_by") == "bob");
  CHECK(run({{"action", "release"}}) == "200 200");
  CHECK(run({{"action", "reassign"}, {"assignee_id", "carl"}, {"reason", "knows it"}}) ==
        "200 200");
  CHECK(world.doc(b).at("assignee_id") == "carl");
  world.ok(carl, "task.claim", {{{"task_id", b}}, {}, json::object(), "", {}});
  CHECK(run({{"action", "complete"}, {"notes", "both"}}) == "200 409");
  CHECK(world.doc(a).at("decision") == "done");
  CHECK(run({{"action", "reject"}, {"reason", "no"}}) == "409 409");
}

TEST_CASE("what a whole bulk lacks is refused before anything is done") {
  World world(cast());
  const std::string id = world.task("pipe_a", "review", Priority::medium);
  const Error give =
      world.refused(bob, "task.bulk", bulk({{"action", "reassign"}, {"task_ids", {id}}}));
  CHECK(give.fields.at(0).pointer == "/assignee_id");
  const Error reject =
      world.refused(bob, "task.bulk", bulk({{"action", "reject"}, {"task_ids", {id}}}));
  CHECK(reject.fields.at(0).pointer == "/reason");
  CHECK(world.doc(id).at("version") == 1);
}

TEST_CASE("a bulk that is sent again with its key does nothing twice") {
  World world(cast());
  const std::string a = world.task("pipe_a", "review", Priority::medium);
  const std::string b = world.task("pipe_a", "review", Priority::medium);
  const json body{{"action", "approve"}, {"task_ids", {a, b}}, {"notes", "batch"}};
  const json first = world.ok(bob, "task.bulk", bulk(body, "k"));
  CHECK(statuses(first) == "200 200");
  const auto events = world.store().last_position();
  CHECK(world.ok(bob, "task.bulk", bulk(body, "k")) == first);
  CHECK(world.store().last_position() == events);
  json other = body;
  other["notes"] = "another";
  CHECK(world.refused(bob, "task.bulk", bulk(other, "k")).code == ErrorCode::unprocessable);
}

TEST_CASE("a hundred tasks in one bulk") {
  World world(cast());
  json task_ids = json::array();
  for (int i = 0; i < 100; ++i)
    task_ids.push_back(world.task("pipe_a", "review", Priority::medium));
  const json answer =
      world.ok(bob, "task.bulk", bulk({{"action", "approve"}, {"task_ids", task_ids}}, "many"));
  CHECK(answer.at("succeeded") == 100);
}

}  // namespace
}  // namespace factory::test
