#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/catalog.hpp"
#include "common/schema.hpp"
#include "queries/approval_standing.hpp"
#include "tests/slices/gate/support.hpp"
#include "tests/support/catch.hpp"

/// The document of an approval, alone and as it stands with the people that exist.
namespace factory::test {
namespace {

using nlohmann::json;
using Words = std::vector<std::string>;

/// As the engine and the routes make it of the state.
json shown(const GateSpec& spec) {
  json doc = spec.view("gate_1").doc;
  doc["version"] = spec.history().size();
  doc["updated_at"] = format_time(spec.state().updated_at);
  queries::add_standing(doc, spec.everybody());
  doc["next"] = queries::next_step(doc);
  return doc;
}

template <class AnyView>
std::string tags_of(const AnyView& view) {
  std::string all;
  for (const IndexEntry& tag : view.index) {
    all += tag.key + "=" + tag.value + "@" + std::to_string(tag.rank) + " ";
    CHECK(tag.at == to_millis(story_start));
  }
  return all;
}

TEST_CASE("approval document: says what is decided and how it stands") {
  GateSpec spec = open_gate(with_deadline(persons(2), DeadlineOutcome::extend, 1));
  gate::Vote vote = approve();
  vote.notes = "LGTM";
  vote.conditions = {"Watch the error rate"};
  spec.at(minute(1)).as(person("carol")).when(vote);
  spec.as(person("dave")).when(gate::Delegate{"erin", "Away"});
  spec.as(agent("goose")).when(gate::Escalate{"dave", "Release today"});
  spec.when(gate::TimerFired{"other"});

  const json doc = shown(spec);
  CHECK(doc.at("id") == "gate_1");
  CHECK(doc.at("type") == "stage_gate");
  CHECK(doc.at("status") == "pending");
  CHECK(doc.at("pipeline_name") == "mail-server");
  CHECK(doc.at("priority") == "high");
  CHECK(doc.at("digest") == "digest-1");
  CHECK(doc.at("required_approvers") == 2);
  CHECK(doc.at("current_approvers") == 1);
  CHECK(doc.at("missing") == Words{"1 person who may decide"});
  CHECK(doc.at("eligible") == Words{"dave", "erin"});
  CHECK(doc.at("satisfiable") == true);
  CHECK(doc.at("deadline") == "2026-03-02T10:00:00.000Z");
  CHECK(doc.at("paused") == false);
  CHECK(doc.at("votes").at(0).at("person") == "carol");
  CHECK(doc.at("votes").at(0).at("decision") == "approved");
  CHECK(doc.at("votes").at(0).at("at") == "2026-03-02T09:01:00.000Z");
  CHECK(doc.at("conditions") ==
        json{{{"condition", "Watch the error rate"}, {"by", "carol"}, {"met", false}}});
  CHECK(doc.at("delegations").at(0).at("to") == "erin");
  CHECK(doc.at("escalations").at(0).at("to") == "dave");
  CHECK(doc.at("next") ==
        "Waits for 1 person who may decide: dave or erin can decide, with the digest of what was "
        "seen.");
  CHECK(doc.at("policy") == json::parse(engine::encode(spec.state().opened.policy)));
}

TEST_CASE("approval document: is as its schema says in every state") {
  const auto catalog = Catalog::embedded();
  const json* schema = catalog->definition("defs/approval.json");
  REQUIRE(schema != nullptr);
  const auto valid = [&](const GateSpec& spec) {
    const json doc = shown(spec);
    const auto wrong = validate(*schema, doc);
    CAPTURE(doc.dump());
    if (!wrong.empty()) FAIL(wrong.front().pointer + " " + wrong.front().detail);
    // What no schema names, no reader knows of.
    for (const auto& [name, value] : doc.items()) {
      CAPTURE(name);
      CHECK(schema->at("properties").contains(name));
    }
    return doc;
  };
  GateSpec spec = open_gate(with_deadline(persons(1), DeadlineOutcome::escalate));
  CHECK(valid(spec).at("status") == "pending");
  GateSpec paused = spec;
  paused.when(gate::PauseClock{});
  CHECK(valid(paused).at("paused") == true);
  CHECK_FALSE(shown(paused).contains("deadline"));
  GateSpec overdue = spec;
  overdue.run_until(minute(60));
  CHECK(valid(overdue).at("deadline_passed") == true);
  GateSpec changed = spec;
  changed.when(gate::ChangeSubject{"digest-2", "config"});
  CHECK(valid(changed).at("versions").size() == 2);
  GateSpec approved = spec;
  approved.as(person("dave")).when(approve());
  CHECK(valid(approved).at("consumed") == false);
  CHECK(shown(approved).at("decided_by") == "dave");
  CHECK(shown(approved).at("eligible").empty());
  approved.when(gate::Consume{});
  CHECK(valid(approved).at("consumed") == true);
  GateSpec rejected = spec;
  rejected.as(person("dave")).when(reject());
  CHECK(valid(rejected).at("reason") == "Coverage is below 80 %");
  CHECK(shown(rejected).at("requested_changes") == Words{"Test the empty input"});
  CHECK(shown(rejected).at("severity") == "critical");
  GateSpec cancelled = spec;
  cancelled.when(gate::Cancel{"The pipeline was archived."});
  CHECK(valid(cancelled).at("reason") == "The pipeline was archived.");
}

TEST_CASE("approval document: found by pipeline always, in the queue only while it waits") {
  GateSpec spec = open_gate(persons(1));
  CHECK(spec.view().status == "pending");
  CHECK(tags_of(spec.view()) == "gate.open=@1 gate.pipeline=pipe_1@0 ");
  spec.as(person("dave")).when(approve());
  CHECK(spec.view().status == "approved");
  CHECK(tags_of(spec.view()) == "gate.pipeline=pipe_1@0 ");
}

TEST_CASE("standing of a document: the people of now, not those of the vote") {
  GateSpec spec = open_gate(persons(2));
  spec.as(person("carol")).when(approve());
  CHECK(shown(spec).at("current_approvers") == 1);
  spec.people({person("alice"), person("bob"), person("dave")});
  const json gone = shown(spec);
  CHECK(gone.at("current_approvers") == 0);
  CHECK(gone.at("missing") == Words{"2 persons who may decide"});
  CHECK(gone.at("eligible") == Words{"dave"});
  CHECK(gone.at("satisfiable") == false);
  CHECK_THAT(gone.at("next").get<std::string>(), contains("factory-api key create"));
}

TEST_CASE("standing of a document: delegates can decide, who has voted cannot again") {
  GatePolicy policy = persons(1);
  policy.rules = {ApproverRule{1, {}, {"security"}}, ApproverRule{1, {"admin"}, {}}};
  GateSpec spec = open_gate(policy);
  CHECK(shown(spec).at("eligible") == Words{"carol", "erin"});
  spec.as(person("erin")).when(gate::Delegate{"dave", ""});
  CHECK(shown(spec).at("eligible") == Words{"carol", "dave", "erin"});
  spec.as(person("dave")).when(approve());
  CHECK(shown(spec).at("current_approvers") == 1);
  CHECK(shown(spec).at("missing") == Words{"1 person with role admin"});
  CHECK(shown(spec).at("eligible") == Words{"carol"});
  CHECK(shown(spec).at("votes").at(0).at("on_behalf_of") == "erin");
}

TEST_CASE("what follows a closed gate names where its pipeline is") {
  storage::ViewRow pipeline;
  pipeline.status = "active";
  pipeline.tags = {{"pipeline.priority", "high", 0, 0}, {"pipeline.stage", "staging", 1, 0}};
  CHECK(queries::next_step("approved", &pipeline) ==
        "Approved: the pipeline is in stage staging now.");
  CHECK(queries::next_step("rejected", &pipeline) ==
        "Rejected: the pipeline is in stage staging now, and a task says what to mend.");
  pipeline.status = "paused";
  CHECK(queries::next_step("approved", &pipeline) ==
        "Approved: the pipeline is in stage staging now, paused.");
  pipeline.status = "completed";
  CHECK(queries::next_step("approved", &pipeline) == "Approved: the pipeline is completed.");
  CHECK(queries::next_step("approved", nullptr) == "Approved: nothing is left to decide here.");
}

TEST_CASE("a gate of something else than a pipeline names its subject") {
  gate::Open open = gate_open(persons(1));
  open.opened.subject = {"", "", "", "digest-1",
                         gate::Matter{gate::MatterKind::report, "report_1", "mail"}};
  GateSpec spec(gate_cast());
  spec.when(open);
  const Shown view = spec.view("gate_1");
  CHECK(view.doc.at("subject") == json{{"type", "report"}, {"id", "report_1"}, {"name", "mail"}});
  CHECK_FALSE(view.doc.contains("pipeline_id"));
  CHECK(std::any_of(view.index.begin(), view.index.end(), [](const IndexEntry& entry) {
    return entry.key == "gate.subject" && entry.value == "report_1";
  }));
  CHECK(std::none_of(view.index.begin(), view.index.end(),
                     [](const IndexEntry& entry) { return entry.key == "gate.pipeline"; }));

  // What is stored of a pipeline's gate is what it always was.
  const std::string stored = engine::encode(gate_open(persons(1)).opened);
  CHECK(stored.find("matter") == std::string::npos);
  CHECK(open_gate(persons(1)).view().doc.contains("pipeline_id"));
}

}  // namespace
}  // namespace factory::test
