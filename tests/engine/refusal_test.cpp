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

/// A runner on a real store, whose writer can be held so that what is submitted is one batch.
struct Batches {
  explicit Batches(storage::Store& store)
      : runner({store,
                clock,
                ids,
                all_slices(),
                flows::follow,
                [this] { return people; },
                {},
                {},
                {},
                {}}) {}

  std::string new_id() { return ids.next(clock.now()).make("pipe"); }
  static engine::Call call(const std::string& stream, pipeline::Command command,
                           const std::string& key = "") {
    engine::Call call;
    call.command = {stream, std::move(command)};
    call.idempotency_key = key;
    call.reply = [](const engine::Written&) { return engine::Reply{}; };
    return call;
  }
  std::vector<Result<engine::Reply>> run(std::vector<engine::Call> calls) {
    std::vector<std::future<Result<engine::Reply>>> answers;
    runner.with_store([&](storage::Store&) {
      for (engine::Call& each : calls) answers.push_back(runner.submit(std::move(each)));
    });
    std::vector<Result<engine::Reply>> results;
    for (auto& answer : answers) results.push_back(answer.get());
    return results;
  }

  const FakeClock clock;
  SeededIds ids{1};
  const std::shared_ptr<const Directory> people =
      std::make_shared<const Directory>(directory({person("ada", Role::owner)}));
  engine::Runner runner;
};

pipeline::Create named(const std::string& slug) {
  pipeline::Created created = pipeline_created();
  created.slug = slug;
  return {created};
}

TEST_CASE("what changes nothing is answered once, whatever becomes of its neighbours", "[engine]") {
  const auto store = storage::open_sqlite(":memory:");
  Batches batches(*store);
  const std::string id = batches.new_id();
  REQUIRE(batches.runner.run(Batches::call(id, named("taken"))));
  const auto answers = batches.run({Batches::call(batches.new_id(), named("taken")),
                                    Batches::call(id, pipeline::Update{}, "key-1"),
                                    Batches::call(batches.new_id(), named("free"))});
  REQUIRE_FALSE(answers[0]);
  CHECK(answers[0].error().code == ErrorCode::conflict);
  REQUIRE(answers[1]);
  CHECK_FALSE(answers[1]->replayed);
  CHECK(answers[2]);
}

TEST_CASE("what was decided on a neighbour that is refused is decided again", "[engine]") {
  const auto store = storage::open_sqlite(":memory:");
  Batches batches(*store);
  REQUIRE(batches.runner.run(Batches::call(batches.new_id(), named("taken"))));
  const std::string id = batches.new_id();
  const auto answers = batches.run(
      {Batches::call(id, named("taken")), Batches::call(id, pipeline::Update{}, "key-1")});
  CHECK_FALSE(answers[0]);
  REQUIRE_FALSE(answers[1]);  // there is no such pipeline
  CHECK_FALSE(store->find_request("system", "key-1"));
}

TEST_CASE("however often a key comes at once, all get the one answer", "[engine]") {
  const auto store = storage::open_sqlite(":memory:");
  Batches batches(*store);
  const std::string id = batches.new_id();
  std::vector<engine::Call> calls;
  for (int i = 0; i < 30; ++i) calls.push_back(Batches::call(id, named("one"), "key-1"));
  int first = 0;
  for (const auto& answer : batches.run(std::move(calls))) {
    REQUIRE(answer);
    if (!answer->replayed) ++first;
  }
  CHECK(first == 1);
}

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
      {store, clock, ids, all_slices(), flows::follow, [&] { return people; }, {}, {}, {}, {}});
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
