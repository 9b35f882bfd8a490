#include "tests/slices/gate/support.hpp"
#include "tests/slices/pipeline/rest.hpp"
#include "tests/support/catch.hpp"

/// Approvals under conditions, and who says that they are met.
namespace factory::test {
namespace {

using nlohmann::json;

gate::Vote under(std::vector<std::string> conditions) {
  gate::Vote vote = approve();
  vote.conditions = std::move(conditions);
  return vote;
}

bool open(const GateSpec& spec) {
  for (const IndexEntry& entry : spec.view().index) {
    if (entry.key == "gate.conditions") return true;
  }
  return false;
}

TEST_CASE("gate: a condition is open until a person says that it is met, and once") {
  GateSpec spec = open_gate(persons(2));
  CHECK(spec.as(person("dave")).when(gate::MeetCondition{"Quota", "", ""}).brief() ==
        "refused: unprocessable");
  spec.as(person("carol")).when(under({"Quota", "Docs"}));
  spec.as(person("dave")).when(under({"Quota"}));
  REQUIRE(spec.state().status == gate::Status::approved);
  CHECK(open(spec));
  CHECK(spec.as(agent("goose")).ask(gate::MeetCondition{"Quota", "", ""}).brief() ==
        "refused: forbidden");
  spec.as(person("erin")).at(minute(9));
  const auto met = spec.when(gate::MeetCondition{"Quota", "dave", "Raised to 500"});
  REQUIRE(met.brief() == "approval.condition_met");
  CHECK(met.first<gate::ConditionMet>().of == "dave");
  CHECK(spec.when(gate::MeetCondition{"Quota", "dave", "Again"}).brief() == "nothing");
  CHECK(open(spec));
  CHECK(spec.when(gate::MeetCondition{"Quota", "", ""}).first<gate::ConditionMet>().of == "carol");
  CHECK(spec.when(gate::MeetCondition{"Docs", "dave", ""}).brief() == "refused: unprocessable");
  spec.when(gate::MeetCondition{"Docs", "", ""});
  CHECK_FALSE(open(spec));
  CHECK(spec.when(gate::MeetCondition{"Docs", "", ""}).brief() == "nothing");
  const json conditions = spec.view().doc.at("conditions");
  REQUIRE(conditions.size() == 3);
  CHECK(conditions.at(2) == json{{"condition", "Quota"},
                                 {"by", "dave"},
                                 {"met", true},
                                 {"met_by", "erin"},
                                 {"met_at", format_time(minute(9))},
                                 {"met_notes", "Raised to 500"}});
}

TEST_CASE("gate: what was met goes with the vote that it came with") {
  GateSpec spec = open_gate(persons(2));
  spec.as(person("carol")).when(under({"Quota"}));
  spec.when(gate::MeetCondition{"Quota", "", ""});
  CHECK_FALSE(open(spec));
  spec.when(gate::Rescind{});
  spec.when(under({"Quota"}));
  CHECK(open(spec));
  spec.when(gate::MeetCondition{"Quota", "", ""});
  spec.when(gate::ChangeSubject{"digest-2", "config", std::nullopt});
  CHECK(spec.state().met.empty());
}

TEST_CASE("gate: where no approval stands there is nothing to meet") {
  CHECK(GateSpec(gate_cast()).as(person("dave")).ask(gate::MeetCondition{}).brief() ==
        "refused: not_found");
  GateSpec rejected = open_gate(persons(2));
  rejected.as(person("dave")).when(reject());
  CHECK(rejected.ask(gate::MeetCondition{}).brief() == "refused: already_decided");
  GateSpec cancelled = open_gate(persons(2));
  cancelled.when(gate::Cancel{"archived"});
  CHECK(cancelled.as(person("dave")).ask(gate::MeetCondition{}).brief() == "refused: conflict");
}

TEST_CASE("approvals with open conditions are listed until they are met") {
  Rest rest;
  rest.add("bob", "operator");
  const std::string pipeline = rest.in_review();
  const std::string gate =
      rest.ok("pipeline.get", at(pipeline)).at("waiting_for").at("approval_id");
  const auto asked = [&](json body) {
    return Asked{{{"approval_id", gate}}, json::object(), std::move(body), {}};
  };
  const auto listed = [&] {
    return rest.ok("approval.list", where({{"conditions", "open"}, {"status", "all"}}))
        .at("approvals")
        .size();
  };
  CHECK(listed() == 0);
  rest.ok("approval.approve", asked({{"conditions", {"Watch it"}}}), "bob");
  CHECK(listed() == 1);
  const json met = rest.ok("approval.meet_condition", asked({{"condition", "Watch it"}}), "bob");
  CHECK(met.at("conditions").at(0).at("met_by") == "bob");
  CHECK(listed() == 0);
}

}  // namespace
}  // namespace factory::test
