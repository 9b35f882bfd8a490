#include "engine/outbox.hpp"

#include "tests/slices/pipeline/support.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/house.hpp"

namespace factory::test {
namespace {

using engine::Attempt;

/// A house in which an approval waits, whose announcements have not gone out yet.
struct Waiting {
  House house;
  std::vector<std::string> carried;  ///< subjects, in the order of the attempts
  engine::OutboxPolicy policy{Millis{60'000}, Millis{1000}, Millis{3'600'000}, 4};

  Waiting() {
    const std::string id = house.fresh("pipe");
    const Principal owner = person("owner", Role::owner);
    REQUIRE(house.run(id, pipeline::Command{pipeline::Create{pipeline_created()}}, owner));
    for (auto& [stage, evidence] : {std::pair{"building", built()}, {"testing", tested()}}) {
      REQUIRE(house.run(id, pipeline::Command{pipeline::CompleteWork{stage, true, evidence}},
                        agent("goose")));
    }
  }

  int run(Attempt attempt) {
    const std::map<std::string, engine::EffectHandler> handlers{
        {"announce", [&](const storage::EffectRow& effect, const std::stop_token&) {
           carried.push_back(nlohmann::json::parse(effect.payload).at("subject"));
           return attempt;
         }}};
    return engine::run_effects(house.core().runner(), house.clock(), house.core().ids(), handlers,
                               policy, {});
  }
  std::size_t in(const std::string& status) {
    return house.core().store().list_effects(status, 100).size();
  }
};

const Attempt failed{Attempt::Outcome::retry, "the receiver answered 503"};

TEST_CASE("outbox: what a commit wanted done is done once", "[engine]") {
  Waiting waiting;
  const int effects = waiting.run(Attempt{});
  CHECK(effects == 2);  // the approval and its task
  CHECK(waiting.carried == std::vector<std::string>{"approval.pending", "task.created"});
  CHECK(waiting.run(Attempt{}) == 0);
  CHECK(waiting.in("done") == 2);
}

TEST_CASE("outbox: a failure is tried again later and later, then it is a dead letter",
          "[engine]") {
  Waiting waiting;
  for (int attempt = 1; attempt <= 4; ++attempt) {
    CAPTURE(attempt);
    CHECK(waiting.run(failed) == 2);
    CHECK(waiting.run(failed) == 0);  // not yet
    waiting.house.clock().advance(Millis{1000LL << static_cast<unsigned>(attempt)});
  }
  CHECK(waiting.in("dead") == 2);
  CHECK(waiting.in("pending") == 0);
  CHECK(waiting.house.core().store().list_effects("dead", 1).front().error ==
        "the receiver answered 503");
}

TEST_CASE("outbox: what is put off is no failure, however often", "[engine]") {
  Waiting waiting;
  const Attempt later{Attempt::Outcome::later, "it is night", Millis{1000}};
  for (int i = 0; i < 3 * waiting.policy.most_attempts; ++i) {
    CHECK(waiting.run(later) == 2);
    CHECK(waiting.run(later) == 0);  // not yet
    waiting.house.clock().advance(Millis{1000});
  }
  CHECK(waiting.in("dead") == 0);
  const auto waits = waiting.house.core().store().list_effects("pending", 1).front();
  CHECK(waits.attempts == 0);
  CHECK(waits.error == "it is night");
  CHECK(waiting.run(Attempt{}) == 2);
  CHECK(waiting.in("done") == 2);
}

TEST_CASE("outbox: an effect taken by a process that died is taken again", "[engine]") {
  Waiting waiting;
  waiting.house.core().runner().with_store([&](storage::Store& store) {
    const Time now = waiting.house.clock().now();
    CHECK(store.claim_effects(now, now + waiting.policy.lease, 10).size() == 2);
  });
  waiting.house.reopen();
  CHECK(waiting.run(Attempt{}) == 0);
  waiting.house.clock().advance(waiting.policy.lease + Millis{1});
  CHECK(waiting.run(Attempt{}) == 2);
}

TEST_CASE("outbox: delays grow to their limit, with up to a quarter of jitter", "[engine]") {
  const engine::OutboxPolicy policy;
  CHECK(engine::backoff(policy, 1, 0) == Millis{1000});
  CHECK(engine::backoff(policy, 5, 0) == Millis{16'000});
  CHECK(engine::backoff(policy, 40, 0) == policy.longest_delay);
  for (const std::uint64_t random : {1ULL, 12'345ULL, ~0ULL}) {
    CHECK(engine::backoff(policy, 3, random) >= Millis{4000});
    CHECK(engine::backoff(policy, 3, random) <= Millis{5000});
  }
}

}  // namespace
}  // namespace factory::test
