#include "slices/report/plan.hpp"

#include <nlohmann/json.hpp>

#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

namespace factory::test {
namespace {

using nlohmann::json;

void put(const TempDir& data, const std::string& text) { data.write("review/golive.json", text); }

TEST_CASE("reports are reviewed by the plan that comes with the product") {
  const TempDir data;
  const report::ReviewPlan plan = report::load_plan(*Catalog::embedded(), data.string());
  CHECK(plan.title == "Go-live");
  CHECK(plan.priority == Priority::medium);
  REQUIRE(plan.policy.rules.size() == 1);
  CHECK(plan.policy.rules[0].count == 1);
  CHECK(plan.policy.exclude_requester == Exclusion::when_possible);
  REQUIRE(plan.policy.deadline);
  CHECK(plan.policy.deadline->minutes == 4320);
  CHECK(plan.policy.deadline->outcome == DeadlineOutcome::escalate);
  CHECK(plan.sla[0].breach_minutes == 240);
  CHECK(plan.sla[3].escalate_minutes == plan.sla[3].breach_minutes);
  CHECK(plan.longest_exemption_days == 90);
}

TEST_CASE("a plan in the data folder takes its place, and is never guessed at") {
  const TempDir data;
  const auto catalog = Catalog::embedded();
  json own = catalog->reviews().at("golive.json");
  own["policy"]["rules"] = json::array({{{"count", 2}, {"groups", {"platform"}}}});
  put(data, own.dump());
  const report::ReviewPlan plan = report::load_plan(*catalog, data.string());
  CHECK(plan.policy.rules[0].count == 2);
  CHECK(plan.policy.rules[0].groups == std::vector<std::string>{"platform"});

  own["policy"]["rules"][0]["cuont"] = 1;
  put(data, own.dump());
  CHECK_THROWS_WITH(report::load_plan(*catalog, data.string()),
                    contains("review/golive.json") && contains("cuont"));
  put(data, "{");
  CHECK_THROWS_WITH(report::load_plan(*catalog, data.string()), contains("review/golive.json"));
}

}  // namespace
}  // namespace factory::test
