#include <array>
#include <functional>

#include "tests/slices/pipeline/support.hpp"
#include "tests/support/catch.hpp"

namespace factory::pipeline {
namespace {

using namespace factory::test;  // NOLINT(google-build-using-namespace): the story's helpers

TEST_CASE("pipeline: the way from intake to published", "[pipeline]") {
  PipelineSpec spec({person("alice", Role::owner), agent("goose")});
  spec.as(person("alice", Role::owner));
  CHECK(spec.when(Create{pipeline_created()}).brief() ==
        "pipeline.created pipeline.stage_changed pipeline.stage_changed");
  CHECK(current_stage(spec) == "building");
  CHECK(spec.state().created->created_by == "alice");

  spec.as(agent("goose"));
  CHECK(spec.when(StartWork{"building"}).brief() == "pipeline.work_started");
  CHECK(spec.when(StartWork{"building"}).brief() == "nothing");
  CHECK(spec.when(CompleteWork{"building", true, built()}).brief() ==
        "pipeline.evidence_added pipeline.work_completed pipeline.stage_changed");
  CHECK(spec.when(CompleteWork{"testing", true, tested()}).brief() ==
        "pipeline.work_started pipeline.evidence_added pipeline.work_completed "
        "pipeline.stage_changed pipeline.blocked");
  CHECK(current_stage(spec) == "review");

  CHECK(spec.when(GateApproved{spec.state().gate->gate_id}).brief() ==
        "pipeline.gate_settled pipeline.stage_changed");
  CHECK(current_stage(spec) == "staging");
  CHECK(spec.when(CompleteWork{"staging", true, deployed()}).brief() ==
        "pipeline.work_started pipeline.evidence_added pipeline.work_completed pipeline.blocked");
  CHECK(spec.when(GateApproved{spec.state().gate->gate_id}).brief() ==
        "pipeline.gate_settled pipeline.stage_changed pipeline.blocked");
  CHECK(current_stage(spec) == "production");
  CHECK(spec.when(GateApproved{spec.state().gate->gate_id}).brief() == "pipeline.gate_settled");
  CHECK(spec.when(CompleteWork{"production", true, deployed()}).brief() ==
        "pipeline.work_started pipeline.evidence_added pipeline.work_completed "
        "pipeline.stage_changed pipeline.completed");
  CHECK(spec.state().status == Status::completed);
  CHECK(spec.view().doc["progress_percent"] == 100);
}

PipelineSpec in_status(Status status) {
  PipelineSpec spec = in_stage("building");
  if (status == Status::none) spec = PipelineSpec({person("alice", Role::owner)});
  if (status == Status::paused) spec.when(Pause{""});
  if (status == Status::completed) spec = in_stage("published");
  if (status == Status::failed) spec.when(Fail{"disk full"});
  if (status == Status::archived) spec.when(Archive{""});
  spec.as(person("alice", Role::owner));
  return spec;
}

TEST_CASE("pipeline: what every command says in every status", "[pipeline]") {
  const std::string no = "refused: not_found";
  const std::string conflict = "refused: conflict";
  struct Row {
    std::string name;
    Command command;
    std::array<std::string, 6> brief;  // none, active, paused, completed, failed, archived
  };
  const std::vector<Row> rows{
      {"update",
       Update{Priority::high, {}, {}, {}, ""},
       {no, "pipeline.updated", "pipeline.updated", conflict, "pipeline.updated", conflict}},
      {"update nothing", Update{}, {no, "nothing", "nothing", conflict, "nothing", conflict}},
      {"pause", Pause{"x"}, {no, "pipeline.paused", "nothing", conflict, conflict, conflict}},
      {"resume", Resume{}, {no, "nothing", "pipeline.resumed", conflict, conflict, conflict}},
      {"start",
       StartWork{"building"},
       {no, "pipeline.work_started", conflict, conflict, conflict, conflict}},
      {"complete",
       CompleteWork{"building", true, built()},
       {no,
        "pipeline.work_started pipeline.evidence_added pipeline.work_completed "
        "pipeline.stage_changed",
        "pipeline.work_started pipeline.evidence_added pipeline.work_completed", conflict, conflict,
        conflict}},
      {"evidence",
       AddEvidence{"building", built()},
       {no, "pipeline.evidence_added", "pipeline.evidence_added", conflict, conflict, conflict}},
      {"advance",
       Advance{"", "", true},
       {no, "pipeline.work_started pipeline.work_completed pipeline.stage_changed", conflict,
        conflict, conflict, conflict}},
      {"fail", Fail{"x"}, {no, "pipeline.failed", "pipeline.failed", conflict, conflict, conflict}},
      {"retry", Retry{}, {no, conflict, conflict, conflict, "pipeline.blocked", conflict}},
      {"archive",
       Archive{""},
       {no, "pipeline.archived", "pipeline.archived", "pipeline.archived", "pipeline.archived",
        "nothing"}},
      {"approved",
       GateApproved{"gate_x"},
       {conflict, conflict, conflict, conflict, conflict, conflict}},
      {"rejected",
       GateRejected{"gate_x", "", "", {}, ""},
       {conflict, conflict, conflict, conflict, conflict, conflict}},
      {"reopened",
       GateReopened{"gate_x"},
       {conflict, conflict, conflict, conflict, conflict, conflict}},
      {"fix done",
       FixDone{"task_x"},
       {"nothing", "nothing", "nothing", "nothing", "nothing", "nothing"}},
  };
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.brief.size(); ++i) {
      const auto status = static_cast<Status>(i);
      CAPTURE(row.name, name_of(status));
      CHECK(in_status(status).ask(row.command).brief() == row.brief.at(i));
    }
  }
}

TEST_CASE("pipeline: checks that do not hold refuse and change nothing", "[pipeline]") {
  PipelineSpec spec = in_stage("testing");
  const auto unmet = [&](const Evidence& evidence) {
    const auto outcome = spec.ask(CompleteWork{"testing", true, evidence});
    REQUIRE(outcome.brief() == "refused: checks_failed");
    std::string all;
    for (const FieldError& field : outcome.error->fields) all += field.detail + "; ";
    return all;
  };
  CHECK(unmet({}) ==
        "tests_passed: no test results were reported; "
        "coverage_at_least 80 %: no coverage was reported; ");
  CHECK(unmet(tested(3)) == "tests_passed: 3 tests failed; ");
  CHECK(unmet(tested(0, 79.5)) == "coverage_at_least 80 %: it is 79.5 %; ");
}

TEST_CASE("pipeline: failing tests are kept and ask for one fix", "[pipeline]") {
  PipelineSpec spec = in_stage("testing");
  CHECK(spec.when(AddEvidence{"testing", tested(2)}).brief() ==
        "pipeline.work_started pipeline.evidence_added pipeline.fix_requested");
  CHECK(spec.when(AddEvidence{"testing", tested(1)}).brief() == "pipeline.evidence_added");
  CHECK(spec.when(CompleteWork{"testing", false, tested(1)}).brief() == "pipeline.evidence_added");
  REQUIRE(spec.state().fixes.size() == 1);
  const auto done = spec.when(CompleteWork{"testing", true, tested()});
  CHECK(done.first<FixResolved>().outcome == "done");
  CHECK(spec.state().fixes.empty());
}

TEST_CASE("pipeline: a rejection goes back and asks for rework", "[pipeline]") {
  PipelineSpec spec = in_stage("review");
  const auto outcome = spec.when(GateRejected{
      spec.state().gate->gate_id, "alice", "Coverage below 80 %", {"Add edge cases"}, "major"});
  CHECK(outcome.brief() == "pipeline.gate_settled pipeline.stage_changed pipeline.fix_requested");
  CHECK(current_stage(spec) == "building");
  CHECK(outcome.first<FixRequested>().feedback == "Coverage below 80 %");
  CHECK(spec.state().at(spec.state().index_of("testing")).status == StageStatus::pending);
  CHECK(spec.ask(CompleteWork{"testing", true, tested()}).brief() == "refused: conflict");
  spec.when(CompleteWork{"building", true, built()});
  CHECK(spec.state().fixes.empty());
  spec.when(CompleteWork{"testing", true, tested()});
  CHECK(current_stage(spec) == "review");
  CHECK(spec.state().at(spec.state().current).visits == 2);
}

TEST_CASE("pipeline: nothing goes past a gate", "[pipeline]") {
  PipelineSpec spec = in_stage("review");
  spec.as(person("alice", Role::owner));
  CHECK(spec.ask(Advance{"", "", true}).brief() == "refused: conflict");
  CHECK(spec.ask(Advance{"production", "", true}).brief() == "refused: conflict");
  PipelineSpec building = in_stage("building");
  building.as(person("alice", Role::owner));
  CHECK(building.ask(Advance{"staging", "", true}).brief() == "refused: conflict");
  CHECK(building.when(Advance{"review", "", true}).brief() ==
        "pipeline.work_started pipeline.work_completed pipeline.stage_changed pipeline.blocked");
  CHECK(building.state().at(building.state().index_of("testing")).status == StageStatus::skipped);
  PipelineSpec staging = in_stage("staging");
  staging.as(person("alice", Role::owner));
  CHECK(staging.when(Advance{"", "", true}).brief() ==
        "pipeline.work_started pipeline.work_completed pipeline.blocked");
  CHECK(current_stage(staging) == "staging");
}

TEST_CASE("pipeline: only admins skip the validation, and what they skipped is kept",
          "[pipeline]") {
  PipelineSpec spec = in_stage("testing");
  CHECK(spec.as(person("olga")).ask(Advance{"", "", true}).brief() == "refused: forbidden");
  CHECK(spec.as(person("olga")).ask(Advance{}).brief() == "refused: checks_failed");
  const auto outcome = spec.as(person("adam", Role::admin)).when(Advance{"", "trust me", true});
  CHECK(outcome.first<WorkCompleted>().skipped_validation);
  CHECK(outcome.first<WorkCompleted>().skipped_checks.size() == 2);
}

TEST_CASE("pipeline: an approval can be taken back until its work has started", "[pipeline]") {
  PipelineSpec spec = in_stage("review");
  const std::string gate = spec.state().gate->gate_id;
  spec.when(GateApproved{gate});
  REQUIRE(current_stage(spec) == "staging");
  CHECK(spec.when(GateReopened{gate}).brief() == "pipeline.stage_changed pipeline.gate_settled");
  CHECK(current_stage(spec) == "review");
  CHECK(spec.state().gate->gate_id == gate);
  CHECK(spec.state().at(spec.state().index_of("staging")).visits == 0);
  spec.when(GateApproved{gate});
  const auto started = spec.when(StartWork{"staging"});
  CHECK(started.first<WorkStarted>().released_by == gate);
  CHECK(spec.ask(GateReopened{gate}).brief() == "refused: conflict");
}

TEST_CASE("pipeline: taking back an approval withdraws the gate it led to", "[pipeline]") {
  PipelineSpec spec = in_stage("staging gate");
  const std::string gate = spec.state().gate->gate_id;
  spec.when(GateApproved{gate});
  REQUIRE(current_stage(spec) == "production");
  CHECK(spec.when(GateReopened{gate}).brief() ==
        "pipeline.gate_settled pipeline.stage_changed pipeline.gate_settled");
  CHECK(current_stage(spec) == "staging");
  CHECK(spec.state().gate->gate_id == gate);
  CHECK(spec.state().at(spec.state().current).work_completed);
}

TEST_CASE("pipeline: changed evidence or config changes what is decided on", "[pipeline]") {
  PipelineSpec spec = in_stage("staging gate");
  const std::string digest = spec.state().gate->digest;
  Update update;
  update.config = JsonText{R"({"runtime":"deno"})"};
  CHECK(spec.when(update).brief() == "pipeline.updated pipeline.subject_changed");
  CHECK(spec.state().gate->digest != digest);
  CHECK(spec.when(AddEvidence{"testing", tested(0, 95)}).first<SubjectChanged>().change ==
        "evidence of testing");
  Update priority;
  priority.priority = Priority::critical;
  CHECK(spec.when(priority).brief() == "pipeline.updated");
}

TEST_CASE("pipeline: what was approved goes out as it was approved", "[pipeline]") {
  PipelineSpec spec = in_stage("staging gate");
  const std::string gate = spec.state().gate->gate_id;
  spec.when(GateApproved{gate});
  REQUIRE(current_stage(spec) == "production");
  Update update;
  update.config = JsonText{R"({"runtime":"deno"})"};
  // The next gate is open and decides on it.
  CHECK(spec.ask(update).brief() == "pipeline.updated pipeline.subject_changed");
  spec.when(GateApproved{spec.state().gate->gate_id});
  CHECK(spec.ask(update).brief() == "refused: conflict");
  CHECK(spec.ask(AddEvidence{"building", built()}).brief() == "refused: conflict");
  PipelineSpec started = spec;
  started.when(StartWork{"production"});
  CHECK(started.ask(update).brief() == "pipeline.updated");
  CHECK(started.ask(AddEvidence{"building", built()}).brief() == "pipeline.evidence_added");
}

TEST_CASE("pipeline: what was reported is not taken back with the approval before", "[pipeline]") {
  PipelineSpec spec = in_stage("review");
  const std::string gate = spec.state().gate->gate_id;
  spec.when(GateApproved{gate});
  REQUIRE(current_stage(spec) == "staging");
  spec.as(person("alice")).when(AddEvidence{"staging", tested(1, 90)});
  CHECK(spec.ask(GateReopened{gate}).brief() == "refused: conflict");
}

TEST_CASE("pipeline: a gate that is reopened shows what came since", "[pipeline]") {
  PipelineSpec spec = in_stage("staging gate");
  const std::string gate = spec.state().gate->gate_id;
  const std::string digest = spec.state().gate->digest;
  spec.when(GateApproved{gate});
  PipelineSpec same = spec;
  same.when(GateReopened{gate});
  CHECK(same.state().gate->digest == digest);  // the votes that stand are for this
  spec.when(AddEvidence{"testing", tested(0, 95)});
  const auto reopened = spec.when(GateReopened{gate});
  CHECK(reopened.first<SubjectChanged>().gate_id == gate);
  CHECK(spec.state().gate->digest != digest);
}

TEST_CASE("pipeline: a failure's words are cut between letters", "[pipeline]") {
  PipelineSpec spec = in_stage("testing");
  Evidence evidence = tested(1, 90);
  std::string message = "a";
  for (int i = 0; i < 150; ++i) message += "\xc3\xa9";
  evidence.tests->failures = {{"t", message}};
  const auto outcome = spec.as(agent("goose")).when(AddEvidence{"testing", evidence});
  const auto& changes = outcome.first<FixRequested>().requested_changes;
  REQUIRE(changes.size() == 1);
  CHECK_NOTHROW(nlohmann::json(changes).dump());
  CHECK(changes[0].size() < 220);
}

TEST_CASE("pipeline: a person's file takes no work from the agents", "[pipeline]") {
  PipelineSpec spec = in_stage("building");
  CHECK(spec.as(person("alice")).when(AddEvidence{"building", built()}).brief() ==
        "pipeline.evidence_added");
  CHECK_FALSE(spec.state().at(spec.state().current).work_started);
  CHECK(spec.as(agent("goose")).when(AddEvidence{"building", built()}).first<WorkStarted>().by ==
        "goose");
}

TEST_CASE("pipeline: a stage takes so many files and no more", "[pipeline]") {
  PipelineSpec spec = in_stage("building");
  Evidence many;
  for (int i = 0; i < 1000; ++i) many.assets.push_back({"f" + std::to_string(i), ""});
  spec.when(AddEvidence{"building", many});
  CHECK_FALSE(spec.ask(AddEvidence{"building", many}).error);
  CHECK_FALSE(spec.ask(AddEvidence{"building", tested(0, 90)}).error);
  const Evidence more{{}, {{"one more", ""}}, {}, ""};
  CHECK(spec.ask(AddEvidence{"building", more}).brief() == "refused: unprocessable");
  CHECK(spec.ask(CompleteWork{"building", false, more}).brief() == "refused: unprocessable");
}

TEST_CASE("pipeline: an approval needs the checks to hold still", "[pipeline]") {
  PipelineSpec spec = in_stage("staging gate");
  spec.when(AddEvidence{"staging", deployed(false)});
  CHECK(spec.ask(GateApproved{spec.state().gate->gate_id}).brief() == "refused: checks_failed");
}

TEST_CASE("pipeline: a failure keeps its stage, an approved retry goes back", "[pipeline]") {
  PipelineSpec spec = in_stage("staging gate");
  CHECK(spec.when(Fail{"the cluster is gone"}).brief() == "pipeline.gate_settled pipeline.failed");
  CHECK(spec.state().at(spec.state().current).status == StageStatus::failed);
  CHECK(spec.view().index.size() == 6);  // stage, status, priority and the two blocker entries
  const auto retry = spec.when(Retry{});
  CHECK(retry.first<GateRequested>().purpose == "retry");
  CHECK(retry.first<GateRequested>().retry_to == "review");
  CHECK(spec.ask(Retry{}).brief() == "refused: conflict");
  CHECK(spec.when(GateApproved{spec.state().gate->gate_id}).brief() ==
        "pipeline.gate_settled pipeline.stage_changed pipeline.blocked");
  CHECK(current_stage(spec) == "review");
  CHECK(spec.state().status == Status::active);

  PipelineSpec named = in_stage("testing");
  named.when(Fail{"x"});
  CHECK(named.ask(Retry{"production", ""}).brief() == "refused: conflict");
  named.when(Retry{"building", ""});
  named.when(GateRejected{named.state().gate->gate_id, "alice", "no", {}, "major"});
  CHECK(named.state().status == Status::failed);
  CHECK_FALSE(named.state().gate);
}

TEST_CASE("pipeline: a pause stops advancing, decisions are still taken", "[pipeline]") {
  PipelineSpec spec = in_stage("review");
  spec.when(Pause{"freeze"});
  CHECK(spec.when(GateApproved{spec.state().gate->gate_id}).brief() == "pipeline.gate_settled");
  CHECK(current_stage(spec) == "review");
  CHECK(spec.when(Resume{}).brief() == "pipeline.resumed pipeline.stage_changed");
  CHECK(current_stage(spec) == "staging");
}

TEST_CASE("pipeline: archiving withdraws what is open", "[pipeline]") {
  PipelineSpec spec = in_stage("testing");
  spec.when(AddEvidence{"testing", tested(2)});
  const auto outcome = spec.when(Archive{"not wanted"});
  CHECK(outcome.brief() == "pipeline.fix_resolved pipeline.archived");
  CHECK(outcome.first<FixResolved>().outcome == "cancelled");
  CHECK(in_stage("review").when(Archive{}).brief() == "pipeline.gate_settled pipeline.archived");
}

TEST_CASE("pipeline: a stage that is not the current one names the one that is", "[pipeline]") {
  const auto outcome = in_stage("building").ask(CompleteWork{"testing", true, tested()});
  CHECK(outcome.detail() == "Stage testing is pending; the current stage is building.");
  CHECK(in_stage("building").ask(CompleteWork{"tests", true, tested()}).brief() ==
        "refused: invalid_request");
}

}  // namespace
}  // namespace factory::pipeline
