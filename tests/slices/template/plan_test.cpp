#include <algorithm>

#include "tests/slices/template/samples.hpp"
#include "tests/support/catch.hpp"

namespace factory::pipeline_template {
namespace {

using nlohmann::json;

Plan standard_plan(const char* parameters = "{}") {
  auto plan = instantiate(test::loaded(test::standard_definition()), json::parse(parameters));
  if (!plan) throw std::runtime_error(test::listed(plan.error()));
  return *std::move(plan);
}

const StagePlan& stage(const Plan& plan, const std::string& name) {
  const auto found = std::find_if(plan.stages.begin(), plan.stages.end(),
                                  [&](const StagePlan& one) { return one.name == name; });
  if (found == plan.stages.end()) throw std::runtime_error("no stage " + name);
  return *found;
}

Error refusal(const char* parameters) {
  auto plan = instantiate(test::loaded(test::standard_definition()), json::parse(parameters));
  REQUIRE_FALSE(plan.ok());
  return plan.error();
}

}  // namespace

TEST_CASE("the standard template leads from intake to published", "[template]") {
  const Plan plan = standard_plan();
  std::vector<std::string> names;
  for (const StagePlan& one : plan.stages) names.push_back(one.name);
  CHECK(names == std::vector<std::string>{"intake", "scaffolding", "building", "testing", "review",
                                          "staging", "production", "published"});
  CHECK(plan.template_name == "mcp-server-standard");
  CHECK(plan.template_version == "1.0.0");
  CHECK(plan.template_digest.size() == 64);
  for (const char* quiet : {"intake", "review", "published"})
    CHECK(stage(plan, quiet).work.empty());
  for (const char* busy : {"scaffolding", "building", "testing", "staging", "production"}) {
    CHECK_FALSE(stage(plan, busy).work.empty());
  }
}

TEST_CASE("the standard template's gates stand where people must decide", "[template]") {
  const Plan plan = standard_plan();
  for (const StagePlan& one : plan.stages) {
    const bool human = one.name == "review" || one.name == "staging" || one.name == "production";
    INFO(one.name);
    REQUIRE(one.gate.has_value() == human);
    if (!human) continue;
    CHECK(one.gate->policy.rules.size() == 1);
    CHECK(one.gate->policy.rules.front().count == 1);
    CHECK(one.gate->policy.exclude_requester == Exclusion::when_possible);
    REQUIRE(one.gate->policy.deadline.has_value());
    CHECK(one.gate->policy.deadline->minutes == 4320);
    CHECK(one.gate->policy.deadline->outcome == DeadlineOutcome::escalate);
  }
  CHECK(stage(plan, "review").gate->type == "code_review");
  CHECK(stage(plan, "review").gate->opens == GateOpens::on_entry);
  CHECK(stage(plan, "review").gate->reject_to == "building");
  CHECK(stage(plan, "staging").gate->opens == GateOpens::on_work_reported);
  CHECK(stage(plan, "production").gate->type == "deploy");
  CHECK(stage(plan, "production").gate->opens == GateOpens::on_entry);
}

TEST_CASE("the standard template's checks and SLA", "[template]") {
  const Plan plan = standard_plan();
  REQUIRE(stage(plan, "building").checks.size() == 1);
  CHECK(stage(plan, "building").checks[0].assets == std::vector<std::string>{"README.md"});
  REQUIRE(stage(plan, "testing").checks.size() == 2);
  CHECK(stage(plan, "testing").checks[0].kind == CheckKind::tests_passed);
  CHECK(stage(plan, "testing").checks[1].kind == CheckKind::coverage_at_least);
  CHECK(stage(plan, "testing").checks[1].percent == 80);
  REQUIRE(stage(plan, "production").checks.size() == 1);
  CHECK(stage(plan, "production").checks[0].kind == CheckKind::deploy_succeeded);
  CHECK(plan.sla[0].breach_minutes == 240);
  CHECK(plan.sla[2].breach_minutes == 24 * 60);
  CHECK(plan.sla[3].breach_minutes == 72 * 60);
}

TEST_CASE("the standard template's ladder: reminders, the breach that escalates, the owners",
          "[template]") {
  const Plan plan = standard_plan();
  for (const Sla& sla : plan.sla) CHECK(sla.escalate_minutes == sla.breach_minutes);
  struct Rung {
    LadderFrom from;
    int minutes;
    Urgency severity;
    Mention mention;
  };
  using enum LadderFrom;
  const std::vector<Rung> rungs{{created, 0, Urgency::info, Mention::told},
                                {created, 30, Urgency::info, Mention::told},
                                {created, 120, Urgency::warning, Mention::told},
                                {created, 240, Urgency::warning, Mention::here},
                                {deadline, -30, Urgency::warning, Mention::told},
                                {deadline, -10, Urgency::warning, Mention::told},
                                {deadline, 0, Urgency::urgent, Mention::everyone},
                                {deadline, 120, Urgency::critical, Mention::told}};
  const auto& steps = plan.ladder->steps;
  REQUIRE(steps.size() == rungs.size());
  for (std::size_t i = 0; i < rungs.size(); ++i) {
    INFO(steps[i].name);
    CHECK(steps[i].from == rungs[i].from);
    CHECK(steps[i].minutes == rungs[i].minutes);
    CHECK(steps[i].severity == rungs[i].severity);
    CHECK(steps[i].mention == rungs[i].mention);
  }
  CHECK(steps[6].to == std::vector<std::string>{"deciders", "role:admin"});
  CHECK(steps[7].to == std::vector<std::string>{"role:owner"});
}

TEST_CASE("parameters take the place of the defaults", "[template]") {
  const Plan plan = standard_plan(R"({"min_coverage": 92.5, "required_assets": [],
      "production_approvals": 2, "production_groups": ["release"], "exclude_requester": "always",
      "gate_deadline_minutes": 60})");
  CHECK(stage(plan, "testing").checks[1].percent == 92.5);
  CHECK(stage(plan, "building").checks[0].assets.empty());
  const GatePolicy& policy = stage(plan, "production").gate->policy;
  CHECK(policy.rules.front().count == 2);
  CHECK(policy.rules.front().groups == std::vector<std::string>{"release"});
  CHECK(policy.exclude_requester == Exclusion::always);
  CHECK(policy.deadline->minutes == 60);
  CHECK(stage(plan, "review").gate->policy.rules.front().count == 1);
  const json kept = json::parse(plan.parameters.text);
  CHECK(kept["min_coverage"] == 92.5);
  CHECK(kept["review_approvals"] == 1);  // defaults are kept with the pipeline, too
}

TEST_CASE("a deadline of 0 minutes is none", "[template]") {
  const Plan plan = standard_plan(R"({"gate_deadline_minutes": 0})");
  CHECK_FALSE(stage(plan, "review").gate->policy.deadline.has_value());
  CHECK_FALSE(plan.retry_policy.deadline.has_value());
}

TEST_CASE("a parameter that does not fit is named", "[template]") {
  struct Row {
    const char* parameters;
    const char* pointer;
    const char* words;
  };
  const std::vector<Row> table{
      {R"({"min_coverage": 101})", "/parameters/min_coverage", "at most 100"},
      {R"({"min_coverage": "80"})", "/parameters/min_coverage", "a number"},
      {R"({"min_coverge": 80})", "/parameters/min_coverge", "did you mean \"min_coverage\"?"},
      {R"({"review_approvals": 0})", "/parameters/review_approvals", "at least 1"},
      {R"({"review_approvals": 1.5})", "/parameters/review_approvals", "a whole number"},
      {R"({"review_groups": "security"})", "/parameters/review_groups", "an array"},
      {R"({"review_groups": [""]})", "/parameters/review_groups/0", "at least 1"},
      {R"({"exclude_requester": "allways"})", "/parameters/exclude_requester",
       "did you mean \"always\"?"},
      {R"({"gate_deadline_minutes": 10})", "/parameters/gate_warning_minutes", "less than"},
      {R"([])", "/parameters", "an object"},
  };
  for (const Row& row : table) {
    INFO(row.parameters);
    const Error error = refusal(row.parameters);
    INFO(test::listed(error));
    CHECK(error.code == ErrorCode::invalid_request);
    CHECK(test::names(error, row.pointer, row.words));
  }
}

TEST_CASE("what a place asks of its parameter is told of the parameter", "[template]") {
  const Loaded loose = test::loaded(test::patched(
      R"([{"op":"add","path":"/parameters/back_to","value":{"type":"string","default":"building"}},
          {"op":"replace","path":"/stages/4/gate/reject_to","value":{"param":"back_to"}},
          {"op":"remove","path":"/parameters/review_approvals/minimum"}])"));
  const auto nowhere = instantiate(loose, json::parse(R"({"back_to": "bilding"})"));
  REQUIRE_FALSE(nowhere.ok());
  CHECK(test::names(nowhere.error(), "/parameters/back_to", "did you mean \"building\"?"));
  const auto nobody = instantiate(loose, json::parse(R"({"review_approvals": 0})"));
  REQUIRE_FALSE(nobody.ok());
  CHECK(test::names(nobody.error(), "/parameters/review_approvals", "at least 1"));
}

TEST_CASE("a template is loaded once for each digest and shown with its definition", "[template]") {
  const Directory nobody;
  const Ctx ctx{from_millis(1000), {}, {}, &nobody};
  const Load load{test::loaded(test::standard_definition())};
  const auto first = decide(State{}, Command{load}, ctx);
  REQUIRE(first.ok());
  REQUIRE(first->events.size() == 1);
  const State state = evolve(State{}, first->events.front());
  CHECK(state.exists);
  CHECK(state.loaded.at == from_millis(1000));
  const auto again = decide(state, Command{load}, ctx);
  REQUIRE(again.ok());
  CHECK(again->events.empty());
  CHECK_FALSE(decide(State{}, Command{Load{}}, ctx).ok());

  const json shown = json::parse(view("tmpl_x", state).doc);
  CHECK(shown["id"] == "tmpl_x");
  CHECK(shown["definition"] == test::standard_definition());
  CHECK(shown["stages"].size() == 8);
  CHECK(shown["stages"][4]["gate"]["type"] == "code_review");
  CHECK(shown["parameters"]["min_coverage"]["default"] == 80);
}

TEST_CASE("the book keeps the latest of each name", "[template]") {
  Book book;
  CHECK(book.find("mcp-server-standard") == nullptr);
  book.put(test::loaded(test::standard_definition()));
  book.put(test::loaded(test::patched(R"([{"op":"replace","path":"/name","value":"another"}])")));
  book.put(test::loaded(test::patched(R"([{"op":"replace","path":"/version","value":"2"}])")));
  REQUIRE(book.find("mcp-server-standard") != nullptr);
  CHECK(book.find("mcp-server-standard")->version == "2");
  REQUIRE(book.all().size() == 2);
  CHECK(book.all()[0]->name == "another");
  CHECK(book.all()[1]->name == "mcp-server-standard");
}

TEST_CASE("the book gives the plan of the definition and the parameters that were asked for",
          "[template]") {
  Book book;
  const Loaded one = test::loaded(test::standard_definition());
  const Loaded two =
      test::loaded(test::patched(R"([{"op":"replace","path":"/version","value":"2"}])"));
  const auto plain = book.plan(one, json::object());
  const auto strict = book.plan(one, json{{"min_coverage", 95}});
  const auto newer = book.plan(two, json::object());
  REQUIRE((plain.ok() && strict.ok() && newer.ok()));
  CHECK(stage(**plain, "testing").checks[1].percent == 80);
  CHECK(stage(**strict, "testing").checks[1].percent == 95);
  CHECK((*newer)->template_version == "2");
  CHECK(book.plan(one, json::object()).value() == *plain);  // kept, not made again
  for (int i = 0; i < 200; ++i) {                           // more than are kept
    REQUIRE(book.plan(one, json{{"gate_deadline_minutes", 1000 + i}}).ok());
  }
  const auto last = book.plan(one, json{{"gate_deadline_minutes", 1100}});
  REQUIRE(last.ok());
  CHECK(stage(**last, "review").gate->policy.deadline->minutes == 1100);
  CHECK_FALSE(book.plan(one, json{{"nothing", 1}}).ok());
}

}  // namespace factory::pipeline_template

namespace factory::pipeline_template {

TEST_CASE("a plan has the ladder and the calendar of its template", "[template]") {
  const Plan plan = standard_plan();
  REQUIRE(plan.ladder);
  CHECK(plan.ladder->steps.size() == 8);
  CHECK(plan.ladder->steps[0].to == std::vector<std::string>{"deciders"});
  CHECK(plan.ladder->steps[4].from == LadderFrom::deadline);
  CHECK(plan.ladder->steps[4].minutes == -30);
  CHECK(plan.ladder->steps[6].mention == Mention::everyone);
  CHECK(plan.ladder->steps[7].to == std::vector<std::string>{"role:owner"});
  CHECK_FALSE(plan.calendar);

  const auto office = instantiate(
      test::loaded(test::patched(
          R"([{"op":"add","path":"/calendar","value":{"utc_offset":"-05:30","from":"08:15",
              "days":["sunday"],"holidays":["2026-12-25","1970-01-02","2026-12-25"]}},
              {"op":"remove","path":"/ladder"}])")),
      json::object());
  REQUIRE(office);
  CHECK_FALSE(office->ladder);
  REQUIRE(office->calendar);
  CHECK(office->calendar->utc_offset_minutes == -330);
  CHECK(office->calendar->from_minute == 495);
  CHECK(office->calendar->to_minute == 17 * 60);
  CHECK(office->calendar->days == std::vector<Weekday>{Weekday::sunday});
  CHECK(office->calendar->holidays == std::vector<std::int64_t>{1, 20'812});
}

}  // namespace factory::pipeline_template
