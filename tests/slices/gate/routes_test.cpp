#include "tests/slices/queries_world.hpp"
#include "tests/support/catch.hpp"

/// Approvals as REST answers them, on a real store with the real flows.
namespace factory::test {
namespace {

using nlohmann::json;
using Words = std::vector<std::string>;

GatePolicy needs(int count) {
  GatePolicy policy;
  policy.rules = {{count, {}, {}}};
  policy.exclude_requester = policy.exclude_reporter = Exclusion::never;
  return policy;
}

Ask at(const std::string& approval_id, json body = json::object()) {
  Ask ask;
  ask.path = {{"approval_id", approval_id}};
  ask.body = std::move(body);
  return ask;
}

Ask where(json query) {
  Ask ask;
  ask.query = std::move(query);
  return ask;
}

Words pipelines(const json& listed) {
  Words all;
  for (const json& gate : listed.at("approvals")) all.push_back(gate.at("pipeline_name"));
  return all;
}

std::string approval_of(World& world, const std::string& pipeline) {
  return world.approval_task(pipeline).at("approval").at("id");
}

TEST_CASE("approvals over REST: listed by priority and age, filtered by pipeline and person") {
  World world(cast());
  GatePolicy security = needs(1);
  security.rules = {{1, {}, {"security"}}};
  const std::string mail = world.in_review("mail", Priority::low, needs(1));
  world.clock.advance(Millis{1000});
  const std::string chat = world.in_review("chat", Priority::low, needs(1));
  world.clock.advance(Millis{1000});
  const std::string safe = world.in_review("safe", Priority::critical, security);
  const auto list = [&](const Principal& who, json query) {
    return pipelines(world.ok(who, "approval.list", where(std::move(query))));
  };
  CHECK(list(vera, json::object()) == Words{"safe", "mail", "chat"});
  CHECK(list(vera, {{"pipeline_id", chat}}) == Words{"chat"});
  CHECK(list(bob, {{"assignee", "me"}}) == Words{"mail", "chat"});
  CHECK(list(carl, {{"assignee", "me"}}) == Words{"safe", "mail", "chat"});
  CHECK(list(bob, {{"assignee", "carl"}, {"pipeline_id", safe}}) == Words{"safe"});
  CHECK(list(vera, {{"assignee", "me"}}).empty());
  CHECK(list(bot, {{"assignee", "me"}}).empty());

  world.ok(bob, "approval.approve", at(approval_of(world, mail)));
  CHECK(list(bob, json::object()) == Words{"safe", "chat"});
  CHECK(list(bob, {{"status", "approved"}}) == Words{"mail"});
  CHECK(list(bob, {{"status", "all"}}) == Words{"safe", "chat", "mail"});
  CHECK(list(bob, {{"status", "all"}, {"assignee", "me"}}) == Words{"chat"});
  CHECK(list(bob, {{"status", "approved"}, {"assignee", "me"}}).empty());

  const json first = world.ok(bob, "approval.list", where({{"limit", 1}}));
  CHECK(pipelines(first) == Words{"safe"});
  CHECK_THAT(first.at("summary").get<std::string>(), contains("more follow"));
  CHECK(list(bob, {{"limit", 1}, {"cursor", first.at("next_cursor")}}) == Words{"chat"});
  CHECK(list(bob, {{"limit", 1}, {"page", 2}}) == Words{"chat"});
}

TEST_CASE("approvals over REST: the last approval moves the pipeline in the same answer") {
  World world(cast());
  const std::string pipeline = world.in_review("mail", Priority::high, needs(2));
  const std::string id = approval_of(world, pipeline);
  const json before = world.ok(vera, "approval.get", at(id));
  CHECK(before.at("status") == "pending");
  CHECK(before.at("reporters") == Words{"bot"});
  CHECK(before.at("eligible") == Words{"ada", "bob", "carl"});

  const json one = world.ok(
      bob, "approval.approve",
      at(id, {{"notes", "LGTM"}, {"conditions", {"Watch it"}}, {"digest", before.at("digest")}}));
  CHECK(one.at("status") == "pending");
  CHECK(one.at("current_approvers") == 1);
  CHECK(one.at("eligible") == Words{"ada", "carl"});
  CHECK_THAT(one.at("next").get<std::string>(), contains("ada or carl can decide"));
  CHECK(one.at("votes").at(0).at("digest_given") == true);

  const json two = world.ok(carl, "approval.approve", at(id));
  CHECK(two.at("status") == "approved");
  CHECK(two.at("decided_by") == "carl");
  CHECK(two.at("votes").at(1).at("digest_given") == false);
  const std::string stage = world.doc(pipeline).at("current_stage");
  CHECK(stage != "review");
  CHECK(two.at("next") == "Approved: the pipeline is in stage " + stage + " now.");
  CHECK(world.doc(one.at("task_id")).at("status") == "completed");

  // Again, and too late.
  CHECK(world.ok(carl, "approval.approve", at(id)).at("version") == two.at("version"));
  const Error late = world.refused(ada, "approval.approve", at(id));
  CHECK(late.code == ErrorCode::already_decided);
  CHECK(late.data.at("decided_by") == "carl");
}

TEST_CASE("approvals over REST: a rejection sends the pipeline back with its feedback") {
  World world(cast());
  const std::string pipeline = world.in_review("mail", Priority::high, needs(2));
  const std::string id = approval_of(world, pipeline);
  const json rejected = world.ok(bob, "approval.reject",
                                 at(id, {{"reason", "Coverage is low"},
                                         {"requested_changes", {"Test the empty input"}},
                                         {"severity", "minor"}}));
  CHECK(rejected.at("status") == "rejected");
  CHECK(rejected.at("reason") == "Coverage is low");
  CHECK(rejected.at("requested_changes") == Words{"Test the empty input"});
  CHECK(rejected.at("severity") == "minor");
  CHECK_THAT(rejected.at("next").get<std::string>(),
             contains(world.doc(pipeline).at("current_stage").get<std::string>()));
  CHECK(world.refused(bob, "approval.rescind", at(id)).code == ErrorCode::conflict);
}

TEST_CASE("approvals over REST: what was shown is what is decided on") {
  World world(cast());
  const std::string id = approval_of(world, world.in_review("mail", Priority::high, needs(1)));
  const Error stale = world.refused(bob, "approval.approve", at(id, {{"digest", "another"}}));
  CHECK(stale.code == ErrorCode::subject_changed);
  CHECK(stale.data.at("shown") == "another");
  Ask old = at(id);
  old.if_match = 99;
  CHECK(world.refused(bob, "approval.approve", old).code == ErrorCode::precondition_failed);
  CHECK(world.ok(vera, "approval.get", at(id)).at("votes").empty());
}

TEST_CASE("approvals over REST: delegate, escalate, rescind") {
  World world(cast());
  GatePolicy security = needs(1);
  security.rules = {{1, {}, {"security"}}};
  const std::string pipeline = world.in_review("mail", Priority::high, security);
  const std::string id = approval_of(world, pipeline);
  CHECK(world.refused(bob, "approval.approve", at(id)).code == ErrorCode::forbidden);

  const json delegated =
      world.ok(carl, "approval.delegate", at(id, {{"delegate_to", "bob"}, {"reason", "Away"}}));
  CHECK(delegated.at("eligible") == Words{"bob", "carl"});
  CHECK(pipelines(world.ok(bob, "approval.list", where({{"assignee", "me"}}))) == Words{"mail"});

  const json escalated =
      world.ok(bob, "approval.escalate", at(id, {{"escalate_to", "carl"}, {"reason", "Today"}}));
  CHECK(escalated.at("escalations").at(0).at("to") == "carl");
  CHECK(world.doc(escalated.at("task_id")).at("status") == "escalated");
  const Error nobody = world.refused(bob, "approval.escalate", at(id, {{"escalate_to", "vera"}}));
  CHECK(nobody.code == ErrorCode::unprocessable);
  CHECK(nobody.fields.at(0).pointer == "/escalate_to");

  const json approved = world.ok(bob, "approval.approve", at(id));
  CHECK(approved.at("status") == "approved");
  CHECK(approved.at("votes").at(0).at("on_behalf_of") == "carl");
  const json reopened = world.ok(bob, "approval.rescind", at(id, {{"reason", "Too early"}}));
  CHECK(reopened.at("status") == "pending");
  CHECK(world.doc(pipeline).at("current_stage") == "review");
  CHECK(pipelines(world.ok(bob, "approval.list")) == Words{"mail"});
}

TEST_CASE("approvals over REST: an id that is none, or of something else") {
  World world(cast());
  const std::string pipeline = world.in_review("mail", Priority::high, needs(1));
  for (const std::string& id : {std::string("gate_none"), pipeline, std::string("nonsense")}) {
    CAPTURE(id);
    CHECK(world.refused(bob, "approval.get", at(id)).code == ErrorCode::not_found);
    CHECK(world.refused(bob, "approval.approve", at(id)).code == ErrorCode::not_found);
    CHECK(world.refused(bob, "approval.rescind", at(id)).code == ErrorCode::not_found);
  }
}

}  // namespace
}  // namespace factory::test
