#include "tests/support/faulty_store.hpp"

#include "storage/open.hpp"
#include "tests/storage/store_cases.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {

using storage::Commit;
using storage::CommitOutcome;
using storage::StoreFailure;

TEST_CASE("without a plan a faulty store is the store behind it") {
  const auto real = storage::open_sqlite(":memory:");
  FaultyStore faulty(*real, {});
  for (int i = 0; i < 200; ++i) {
    REQUIRE(commit_one(faulty, appending("gate_1", i)) == CommitOutcome::committed);
  }
  CHECK(faulty.load("gate_1", 0).size() == 200);
  CHECK(real->last_position() == 200);
}

TEST_CASE("a failure before and one after a commit differ in what stands") {
  const auto real = storage::open_sqlite(":memory:");
  FaultPlan plan;
  SECTION("before") {
    plan.fail_before = 100;
    FaultyStore faulty(*real, plan);
    CHECK_THROWS_AS(commit_one(faulty, appending("gate_1", 0)), StoreFailure);
    CHECK(real->last_position() == 0);
    CHECK(faulty.counts().failed_before == 1);
  }
  SECTION("after") {
    plan.fail_after = 100;
    FaultyStore faulty(*real, plan);
    CHECK_THROWS_AS(commit_one(faulty, appending("gate_1", 0)), StoreFailure);
    CHECK(real->last_position() == 1);
    CHECK(faulty.counts().failed_after == 1);
    faulty.heal();
    CHECK(commit_one(faulty, appending("gate_1", 0)) == CommitOutcome::conflict);
  }
  SECTION("of a read") {
    plan.fail_read = 100;
    FaultyStore faulty(*real, plan);
    CHECK_THROWS_AS(faulty.get_view("gate_1"), StoreFailure);
    CHECK(commit_one(faulty, appending("gate_1", 0)) == CommitOutcome::committed);
  }
}

TEST_CASE("an injected conflict refuses one commit and lets its neighbours through") {
  const auto real = storage::open_sqlite(":memory:");
  FaultPlan plan;
  plan.conflict = 50;
  FaultyStore faulty(*real, plan);
  std::vector<Commit> batch;
  for (int i = 0; i < 50; ++i) batch.push_back(appending(numbered("gate_", i), 0));
  const auto outcomes = faulty.commit(batch);
  int refused = 0;
  for (int i = 0; i < 50; ++i) {
    const bool stands = outcomes[static_cast<std::size_t>(i)] == CommitOutcome::committed;
    CHECK(real->load(numbered("gate_", i)).size() == (stands ? 1 : 0));
    refused += stands ? 0 : 1;
  }
  CHECK(refused == faulty.counts().conflicts);
  CHECK(refused > 5);
  CHECK(refused < 45);
}

TEST_CASE("a storm of conflicts passes") {
  const auto real = storage::open_sqlite(":memory:");
  FaultPlan plan;
  plan.storm = 100;
  plan.storm_length = 4;
  FaultyStore faulty(*real, plan);
  for (int i = 0; i < 4; ++i) {
    CHECK(commit_one(faulty, appending("gate_1", 0)) == CommitOutcome::conflict);
  }
  CHECK(real->last_position() == 0);
  faulty.heal();
  CHECK(commit_one(faulty, appending("gate_1", 0)) == CommitOutcome::committed);
}

TEST_CASE("the seed decides about the faults") {
  const auto faults_of = [](std::uint64_t seed) {
    const auto real = storage::open_sqlite(":memory:");
    FaultPlan plan{seed, 10, 10, 10, 5, 2, 10};
    FaultyStore faulty(*real, plan);
    std::string faults;
    for (int i = 0; i < 200; ++i) {
      try {
        const auto outcome = commit_one(faulty, appending(numbered("gate_", i), 0));
        faults += outcome == CommitOutcome::committed ? '.' : 'c';
      } catch (const StoreFailure& failure) {
        faults += std::string(failure.what()).ends_with("nothing was done") ? 'b' : 'a';
      }
    }
    return faults;
  };
  const std::string first = faults_of(1);
  CHECK(faults_of(1) == first);
  CHECK(faults_of(2) != first);
  for (const char fault : {'.', 'a', 'b', 'c'}) {
    CHECK(std::count(first.begin(), first.end(), fault) > 5);
  }
}

}  // namespace factory::test
