#include "engine/runner.hpp"
#include "flows/flows.hpp"
#include "flows/slices.hpp"
#include "storage/open.hpp"
#include "tests/slices/pipeline/support.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/faulty_store.hpp"
#include "tests/support/house.hpp"
#include "tests/support/spec.hpp"

namespace factory::test {
namespace {

TEST_CASE("a refusal that rests on a neighbour in the batch waits until that one is on disk",
          "[engine]") {
  const auto real = storage::open_sqlite(":memory:");
  FaultPlan plan;
  plan.fail_before = 100;
  FaultyStore store(*real, plan);
  const FakeClock clock;
  SeededIds ids(1);
  const auto people = std::make_shared<const Directory>(directory({person("ada", Role::owner)}));
  engine::Runner runner(
      {store, clock, ids, all_slices(), flows::follow, [&] { return people; }, {}, {}, {}});
  const std::string id = ids.next(clock.now()).make("pipe");
  std::vector<std::future<Result<engine::Reply>>> answers;
  runner.with_store([&](storage::Store&) {  // the writer is held: all three are one batch
    for (int i = 0; i < 3; ++i) {
      engine::Call call;
      call.command = {id, pipeline::Command{pipeline::Create{pipeline_created()}}};
      answers.push_back(runner.submit(std::move(call)));
    }
  });
  for (auto& answer : answers) {
    const auto result = answer.get();
    REQUIRE_FALSE(result);
    CHECK(result.error().code == ErrorCode::unavailable);  // and not: there is one already
  }
  CHECK_FALSE(real->get_view(id));
}

}  // namespace
}  // namespace factory::test
