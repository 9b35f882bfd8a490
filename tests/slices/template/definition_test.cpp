#include "common/schema.hpp"
#include "tests/slices/template/samples.hpp"
#include "tests/support/catch.hpp"

namespace factory::pipeline_template {
namespace {

using nlohmann::json;
using test::contains;

struct Bad {
  std::string what;
  std::string patch;    ///< RFC 6902, of the standard template
  std::string pointer;  ///< that the error must name
  std::string words;    ///< that it must say there
};

void check_refused(const Bad& bad) {
  INFO(bad.what);
  const auto load = read_definition(test::patched(bad.patch));
  REQUIRE_FALSE(load.ok());
  INFO(test::listed(load.error()));
  CHECK(load.error().code == ErrorCode::invalid_request);
  CHECK(test::names(load.error(), bad.pointer, bad.words));
  CHECK_THAT(load.error().detail, contains(load.error().fields.front().pointer));
}

}  // namespace

TEST_CASE("a definition of the wrong shape is refused by place", "[template]") {
  const std::vector<Bad> table{
      {"no stages", R"([{"op":"remove","path":"/stages"}])", "/stages", "is missing"},
      {"an unknown member", R"([{"op":"add","path":"/stagess","value":1}])", "/stagess",
       "did you mean \"stages\"?"},
      {"an unknown member of a gate",
       R"([{"op":"add","path":"/stages/4/gate/open","value":"entry"}])", "/stages/4/gate/open",
       "did you mean \"opens\"?"},
      {"one stage", R"([{"op":"replace","path":"/stages","value":[{"name":"a","title":"A"}]}])",
       "/stages", "needs at least 2"},
      {"minutes below zero",
       R"([{"op":"replace","path":"/priorities/low/warn_minutes","value":-1}])",
       "/priorities/low/warn_minutes", "at least 0"},
      {"minutes that are no number",
       R"([{"op":"replace","path":"/priorities/low/warn_minutes","value":"1 h"}])",
       "/priorities/low/warn_minutes", "a whole number"},
      {"an unknown check",
       R"([{"op":"replace","path":"/stages/3/checks/0/kind","value":"test_passed"}])",
       "/stages/3/checks/0/kind", "did you mean \"tests_passed\"?"},
      {"an unknown way to open",
       R"([{"op":"replace","path":"/stages/4/gate/opens","value":"exit"}])", "/stages/4/gate/opens",
       "\"entry\" or \"work_reported\""},
      {"a gate for nobody",
       R"([{"op":"replace","path":"/stages/4/gate/policy/rules/0/count","value":0}])",
       "/stages/4/gate/policy/rules/0/count", "at least 1"},
      {"a parameter that is misspelt at its place",
       R"([{"op":"replace","path":"/stages/3/checks/1/percent","value":{"parm":"min_coverage"}}])",
       "/stages/3/checks/1/percent/parm", "did you mean \"param\"?"},
  };
  for (const Bad& bad : table) check_refused(bad);
}

TEST_CASE("a definition with more than 40 stages is refused", "[template]") {
  json definition = test::standard_definition();
  json& stages = definition["stages"];
  const auto another = [](const std::string& name) { return json{{"name", name}, {"title", "S"}}; };
  while (stages.size() < 40) {
    stages.insert(stages.begin(), another("s" + std::to_string(stages.size())));
  }
  const auto forty = read_definition(definition);
  INFO((forty ? "" : test::listed(forty.error())));
  CHECK(forty.ok());
  stages.insert(stages.begin(), another("one-more"));
  const auto load = read_definition(definition);
  REQUIRE_FALSE(load.ok());
  CHECK(test::names(load.error(), "/stages", "at most 40"));
}

TEST_CASE("a ladder and a calendar that cannot be kept are refused by place", "[template]") {
  const auto calendar = [](const std::string& value) {
    return R"([{"op":"add","path":"/calendar","value":)" + value + "}]";
  };
  const std::vector<Bad> table{
      {"two steps of one name", R"([{"op":"replace","path":"/ladder/1/name","value":"created"}])",
       "/ladder/1/name", "earlier step"},
      {"before the creation", R"([{"op":"replace","path":"/ladder/1/minutes","value":-5}])",
       "/ladder/1/minutes", "must not be negative"},
      {"nobody's role", R"([{"op":"add","path":"/ladder/0/to","value":["role:boss"]}])",
       "/ladder/0/to/0", "deciders, role:NAME"},
      {"agents", R"([{"op":"add","path":"/ladder/0/to","value":["role:agent"]}])", "/ladder/0/to/0",
       "deciders, role:NAME"},
      {"a group without a name", R"([{"op":"add","path":"/ladder/0/to","value":["group:"]}])",
       "/ladder/0/to/0", "group:NAME"},
      {"an unknown channel", R"([{"op":"replace","path":"/ladder/0/channels/0","value":"mail"}])",
       "/ladder/0/channels/0", "in_app"},
      {"an hour that is none", calendar(R"({"from":"9:00"})"), "/calendar/from", "as 09:00"},
      {"hours that end first", calendar(R"({"from":"17:00","to":"09:00"})"), "/calendar/to",
       "after from"},
      {"a zone by name", calendar(R"({"utc_offset":"Berlin"})"), "/calendar/utc_offset",
       "as +01:00"},
      {"a day that is none", calendar(R"({"holidays":["2026-02-30"]})"), "/calendar/holidays/0",
       "as 2026-12-25"},
      {"no days at all", calendar(R"({"days":[]})"), "/calendar/days", "at least 1"},
  };
  for (const Bad& bad : table) check_refused(bad);
}

TEST_CASE("stages, gates and checks must fit together", "[template]") {
  const std::vector<Bad> table{
      {"two stages of one name", R"([{"op":"replace","path":"/stages/2/name","value":"intake"}])",
       "/stages/2/name", "stage 0"},
      {"a name that no path can hold",
       R"([{"op":"replace","path":"/stages/2/name","value":"Build it"}])", "/stages/2/name", "a-z"},
      {"a name with a slash", R"([{"op":"replace","path":"/name","value":"../etc"}])", "/name",
       "a-z"},
      {"work in the last stage", R"([{"op":"add","path":"/stages/7/work","value":"Celebrate."}])",
       "/stages/7/work", "has no work"},
      {"a gate in the last stage",
       R"([{"op":"add","path":"/stages/7/gate","value":{"title":"Done?"}}])", "/stages/7/gate",
       "has no gate"},
      {"a rejection to nowhere",
       R"([{"op":"replace","path":"/stages/4/gate/reject_to","value":"bilding"}])",
       "/stages/4/gate/reject_to", "did you mean \"building\"?"},
      {"a rejection that leads on",
       R"([{"op":"replace","path":"/stages/4/gate/reject_to","value":"staging"}])",
       "/stages/4/gate/reject_to", "comes later"},
      {"a retry that leads on", R"([{"op":"add","path":"/stages/2/retry_to","value":"testing"}])",
       "/stages/2/retry_to", "comes later"},
      {"checks without work", R"([{"op":"remove","path":"/stages/3/work"}])", "/stages/3/checks",
       "without work"},
      {"a gate that would never open", R"([{"op":"remove","path":"/stages/5/work"},
        {"op":"remove","path":"/stages/5/checks"}])",
       "/stages/5/gate/opens", "never open"},
      {"coverage without a number", R"([{"op":"replace","path":"/stages/3/checks/1",
        "value":{"kind":"coverage_at_least"}},{"op":"remove","path":"/parameters/min_coverage"}])",
       "/stages/3/checks/1/percent", "is missing"},
      {"a number for a check that has none",
       R"([{"op":"add","path":"/stages/3/checks/0/percent","value":80}])",
       "/stages/3/checks/0/percent", "tests_passed"},
      {"one check twice",
       R"([{"op":"add","path":"/stages/3/checks/0","value":{"kind":"tests_passed"}}])",
       "/stages/3/checks/1/kind", "twice"},
  };
  for (const Bad& bad : table) check_refused(bad);
}

TEST_CASE("policies must be ones that somebody could meet in time", "[template]") {
  const std::vector<Bad> table{
      {"a role that may not decide",
       R"([{"op":"add","path":"/stages/4/gate/policy/rules/0/roles","value":["admin","viewer"]}])",
       "/stages/4/gate/policy/rules/0/roles/1", "\"operator\""},
      {"an unknown channel",
       R"([{"op":"add","path":"/stages/4/gate/policy/channels","value":["phone"]}])",
       "/stages/4/gate/policy/channels/0", "\"discord\""},
      {"a warning after the deadline",
       R"([{"op":"replace","path":"/retry_policy/deadline","value":{"minutes":5,"warn_minutes":5}}])",
       "/retry_policy/deadline/warn_minutes", "less than"},
      {"an extension of nothing",
       R"([{"op":"replace","path":"/retry_policy/deadline","value":{"minutes":5,"outcome":"extend",
        "max_extensions":1}}])",
       "/retry_policy/deadline/extend_minutes", "at least 1"},
      {"an escalation before the breach",
       R"([{"op":"replace","path":"/priorities/high/escalate_minutes","value":1}])",
       "/priorities/high/escalate_minutes", "comes before"},
  };
  for (const Bad& bad : table) check_refused(bad);
}

TEST_CASE("parameters must be declared, used and have a fitting default", "[template]") {
  const std::vector<Bad> table{
      {"a parameter that is not declared",
       R"([{"op":"replace","path":"/stages/3/checks/1/percent","value":{"param":"min_coverge"}}])",
       "/stages/3/checks/1/percent", "did you mean \"min_coverage\"?"},
      {"a parameter that is used nowhere",
       R"([{"op":"add","path":"/parameters/spare","value":{"type":"integer","default":1}}])",
       "/parameters/spare", "used nowhere"},
      {"a default of another type",
       R"([{"op":"replace","path":"/parameters/min_coverage/default","value":"high"}])",
       "/parameters/min_coverage/default", "a number"},
      {"a default out of range",
       R"([{"op":"replace","path":"/parameters/min_coverage/default","value":101}])",
       "/parameters/min_coverage/default", "at most 100"},
      {"a default that is no choice",
       R"([{"op":"replace","path":"/parameters/exclude_requester/default","value":"sometimes"}])",
       "/parameters/exclude_requester/default", "one of"},
      {"a list that holds numbers",
       R"([{"op":"replace","path":"/parameters/review_groups/default","value":[1]}])",
       "/parameters/review_groups/default/0", "a string"},
      {"a minimum above the maximum",
       R"([{"op":"replace","path":"/parameters/min_coverage/minimum","value":200}])",
       "/parameters/min_coverage/minimum", "more than the maximum"},
      {"a range for a text",
       R"([{"op":"add","path":"/parameters/exclude_requester/minimum","value":1}])",
       "/parameters/exclude_requester/minimum", "for numbers"},
      {"a parameter of the wrong type for its place",
       R"([{"op":"replace","path":"/stages/3/checks/1/percent","value":{"param":"review_groups"}},
        {"op":"remove","path":"/parameters/min_coverage"}])",
       "/stages/3/checks/1/percent", "the default of parameter review_groups"},
      {"a name that is none", R"([{"op":"add","path":"/parameters/Min-Coverage",
        "value":{"type":"number","default":1}}])",
       "/parameters/Min-Coverage", "a-z"},
  };
  for (const Bad& bad : table) check_refused(bad);
}

TEST_CASE("what is no definition at all is refused, too", "[template]") {
  for (const char* text : {"null", "[]", "1", R"("x")", "{}", R"({"name":5})"}) {
    INFO(text);
    const auto load = read_definition(json::parse(text));
    REQUIRE_FALSE(load.ok());
    CHECK(load.error().code == ErrorCode::invalid_request);
  }
}

TEST_CASE("the schema of definitions is one that the validator takes", "[template]") {
  for (const EmbeddedFile& file : embedded_schemas()) {
    if (file.path != "defs/template.json") continue;
    CHECK(lint_schema(json::parse(file.text)) == std::vector<std::string>{});
    return;
  }
  FAIL("schemas/defs/template.json is not compiled in");
}

TEST_CASE("the same definition gives the same stream, another one another", "[template]") {
  const Loaded one = test::loaded(test::standard_definition());
  const Loaded same =
      test::loaded(json::parse(test::standard_definition().dump(4)));  // other white space
  const Loaded other =
      test::loaded(test::patched(R"([{"op":"replace","path":"/version","value":"1.0.1"}])"));
  CHECK(stream_of(one) == stream_of(same));
  CHECK(stream_of(one) != stream_of(other));
  CHECK(stream_of(one) == "tmpl_" + one.digest);
  CHECK(one.name == "mcp-server-standard");
}

}  // namespace factory::pipeline_template
