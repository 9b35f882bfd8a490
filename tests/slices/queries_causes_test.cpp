#include <nlohmann/json.hpp>

#include "common/catalog.hpp"
#include "common/schema.hpp"
#include "queries/action.hpp"
#include "queries/causes.hpp"
#include "queries/words.hpp"
#include "tests/slices/task/support.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {
namespace {

using nlohmann::json;
using queries::Waiting;

std::string codes(const Waiting& waiting) {
  std::string all;
  for (const queries::Cause& cause : waiting.causes) all += (all.empty() ? "" : " ") + cause.code;
  return all;
}

std::string detail(const Waiting& waiting, const std::string& code) {
  for (const queries::Cause& cause : waiting.causes) {
    if (cause.code == code) return cause.detail;
  }
  return "no cause " + code;
}

json approval(int required, int current, std::vector<std::string> missing,
              std::vector<std::string> eligible) {
  return {{"id", "gate_1"},
          {"type", "stage_gate"},
          {"status", "pending"},
          {"digest", "d1"},
          {"required_approvers", required},
          {"current_approvers", current},
          {"missing", std::move(missing)},
          {"eligible", std::move(eligible)}};
}

Waiting why(const TaskSpec& spec, const json& gate = nullptr) {
  return queries::why_task_waits(spec.view("task_1").doc, gate, spec.now(), spec.everybody());
}

TEST_CASE("an approval waits for what its gate misses, and names who can give it") {
  const TaskSpec spec = open_task(task::Type::approval);
  const Waiting waiting =
      why(spec, approval(2, 1, {"1 person of group security"}, {"carl", "dora"}));
  CHECK(codes(waiting) == "approvals_missing unassigned");
  CHECK(detail(waiting, "approvals_missing") ==
        "1 of 2 approvals given; missing: 1 person of group security.");
  CHECK(waiting.waiting_for == "1 person of group security");
  CHECK(waiting.who == std::vector<std::string>{"carl", "dora"});
  CHECK_THAT(waiting.how, contains("digest"));
}

TEST_CASE("where nobody may decide, that is the root cause and the admins can mend it") {
  const TaskSpec spec = open_task(task::Type::approval);
  SECTION("nobody at all") {
    const Waiting waiting = why(spec, approval(1, 0, {"1 person of group security"}, {}));
    CHECK(codes(waiting) == "nobody_eligible approvals_missing unassigned");
    CHECK(waiting.who == std::vector<std::string>{"ada"});
    CHECK_THAT(waiting.how, contains("factory-api key create"));
  }
  SECTION("fewer than are missing") {
    const Waiting waiting = why(spec, approval(2, 0, {"2 persons who may decide"}, {"carl"}));
    CHECK(codes(waiting) == "nobody_eligible approvals_missing unassigned");
    CHECK_THAT(detail(waiting, "nobody_eligible"), contains("only carl"));
  }
  SECTION("the gate says so itself") {
    json gate = approval(1, 0, {"1 person with role admin"}, {"carl"});
    gate["satisfiable"] = false;
    CHECK(codes(why(spec, gate)) == "nobody_eligible approvals_missing unassigned");
  }
}

TEST_CASE("a retry's root cause is the failure, and a pause comes before everything") {
  TaskSpec spec = open_task(task::Type::approval);
  json gate = approval(1, 0, {"1 person who may decide"}, {"carl"});
  gate["type"] = "retry";
  CHECK(codes(why(spec, gate)) == "stage_failed approvals_missing unassigned");
  spec.when(task::PauseClock{});
  CHECK(codes(why(spec, gate)) == "paused stage_failed approvals_missing unassigned");
}

TEST_CASE("what makes a wait worse comes after its cause") {
  TaskSpec spec = open_task();
  CHECK(codes(why(spec)) == "awaiting_decision unassigned");
  spec.run_until(minute(239));
  CHECK(codes(why(spec)) == "awaiting_decision sla_breached unassigned");
  spec.run_until(minute(240));
  const Waiting late = why(spec);
  CHECK(codes(late) == "awaiting_decision sla_breached escalated unclaimed_4h unassigned");
  CHECK(detail(late, "sla_breached") == "Its SLA deadline passed 2 h ago.");
  CHECK(detail(late, "unclaimed_4h") == "Nobody has claimed it for 4 h.");
  CHECK(detail(late, "escalated") == "It was escalated to the admins and owners (level 1).");
  spec.as(person("carl")).when(task::Claim{});
  const Waiting claimed = why(spec);
  CHECK(codes(claimed) == "awaiting_decision sla_breached escalated");
  CHECK(claimed.who == std::vector<std::string>{"carl"});
}

TEST_CASE("who can unblock what is no approval") {
  CHECK(why(open_task(task::Type::review)).who == std::vector<std::string>{"ada", "carl", "dora"});
  const std::vector<std::string> workers{"ada", "bot", "carl", "dora"};
  const Waiting fix = why(open_task(task::Type::fix_required));
  CHECK(codes(fix) == "fix_required unassigned");
  CHECK(fix.who == workers);
  CHECK_THAT(detail(fix, "fix_required"), contains("The report is attached"));
  CHECK(codes(why(open_task(task::Type::manual_action))) == "awaiting_action unassigned");
  CHECK(why(open_task(task::Type::manual_action)).who == workers);
}

TEST_CASE("a paused and a failed pipeline say so") {
  const Directory people = directory(staff());
  const Waiting paused = queries::why_pipeline_waits(
      {{"id", "pipe_1"}, {"status", "paused"}, {"reason", "holiday"}}, people);
  CHECK(codes(paused) == "paused");
  CHECK(detail(paused, "paused") == "Somebody paused the pipeline: holiday");
  const Waiting failed = queries::why_pipeline_waits(
      {{"id", "pipe_1"}, {"status", "failed"}, {"current_stage", "building"}}, people);
  CHECK(codes(failed) == "stage_failed");
  CHECK(detail(failed, "stage_failed") == "The stage building failed.");
  CHECK(failed.who == std::vector<std::string>{"ada", "carl", "dora"});
}

TEST_CASE("a suggestion can be sent as it stands: a route that exists and a tool that takes it") {
  const auto catalog = Catalog::embedded();
  const auto sendable = [&](const json& action) {
    INFO(action.dump());
    const Route* route = catalog->route(action.at("operation").get<std::string>());
    REQUIRE(route != nullptr);
    CHECK(action.at("method") == route->method);
    CHECK_THAT(action.at("path").get<std::string>(), !contains("{"));
    CHECK(validate(route->body, action.at("body")).empty());
    if (!action.contains("tool")) return;
    const Tool* tool = catalog->tool(action.at("tool").get<std::string>());
    REQUIRE(tool != nullptr);
    CHECK(validate(tool->input_schema, action.at("arguments")).empty());
  };
  const auto for_task = [&](const TaskSpec& spec, const json& gate) {
    return queries::action_for_task(*catalog, spec.view("task_1").doc, gate, false);
  };
  const json approve = for_task(open_task(task::Type::approval), approval(1, 0, {}, {"carl"}));
  sendable(approve);
  CHECK(approve.at("path") == "/v1/tasks/task_1/complete");
  CHECK(approve.at("tool") == "factory_approve_task");
  CHECK(approve.at("arguments").at("digest") == "d1");
  const json fix = for_task(open_task(task::Type::fix_required), nullptr);
  sendable(fix);
  CHECK(fix.at("tool") == "factory_report_stage");
  CHECK(fix.at("path") == "/v1/pipelines/pipe_1/stages/review/complete");
  sendable(for_task(open_task(task::Type::review), nullptr));
  TaskSpec claimed = open_task(task::Type::manual_action);
  claimed.as(person("carl")).when(task::Claim{});
  sendable(for_task(claimed, nullptr));
  sendable(queries::action_for_pipeline(*catalog, {{"id", "pipe_1"}, {"status", "paused"}}));
  sendable(queries::action_for_pipeline(*catalog, {{"id", "pipe_1"}, {"status", "failed"}}));
  CHECK(queries::action_for_task(*catalog, open_task(task::Type::approval).view().doc,
                                 approval(1, 0, {}, {}), true)
            .is_null());
}

TEST_CASE("durations, counts and alternatives in words") {
  using queries::duration_words;
  CHECK(duration_words(Millis{59'000}) == "under a minute");
  CHECK(duration_words(Millis{60'000}) == "1 min");
  CHECK(duration_words(Millis{125 * 60'000}) == "2 h 5 min");
  CHECK(duration_words(Millis{24 * 3'600'000}) == "1 day");
  CHECK(duration_words(Millis{(3 * 24 + 4) * 3'600'000LL}) == "3 days 4 h");
  CHECK(queries::count_words(1, "task") == "1 task");
  CHECK(queries::count_words(1000, "task", true) == "at least 1000 tasks");
  CHECK(queries::either({}) == "nobody");
  CHECK(queries::either({"ada"}) == "ada");
  CHECK(queries::either({"ada", "bob", "carl"}) == "ada, bob or carl");
  CHECK(queries::either({"ada", "bob", "carl"}, 1) == "ada or 2 others");
}

}  // namespace
}  // namespace factory::test
