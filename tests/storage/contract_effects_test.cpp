#include <atomic>
#include <thread>

#include "tests/storage/store_cases.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {

using storage::Commit;
using storage::EffectRow;
using storage::Seal;

namespace {

using Names = std::vector<std::string>;

Time at(std::int64_t ms) { return from_millis(ms); }

void put_effects(storage::Store& store, const std::vector<std::pair<std::string, int>>& effects) {
  Commit commit;
  for (const auto& [id, due] : effects) {
    commit.effects.push_back({id, "gate_1", "announce", "{\"to\":\"" + id + "\"}", at(due)});
  }
  commit_one(store, commit);
}

Names names(const std::vector<EffectRow>& effects) {
  Names ids;
  for (const EffectRow& effect : effects) ids.push_back(effect.id);
  return ids;
}

Names names(const std::vector<storage::TimerRow>& timers) {
  Names all;
  for (const auto& timer : timers) all.push_back(timer.stream + "/" + timer.name);
  return all;
}

void settle(storage::Store& store, const std::string& id, const std::string& status, Time due = {},
            const std::string& error = "") {
  const storage::EffectOutcome outcome{id, status, due, error};
  store.settle_effects({&outcome, 1});
}

}  // namespace

TEST_CASE("an effect is claimed once, when it is due, those due first before") {
  OpenedStore store(GENERATE(from_range(store_kinds())));
  CHECK(store->claim_effects(at(1'000), at(2'000), 10).empty());
  CHECK_FALSE(store->next_effect().has_value());
  put_effects(*store, {{"e3", 30}, {"e1", 10}, {"e2", 20}});
  CHECK(store->next_effect() == at(10));
  CHECK(store->claim_effects(at(9), at(100), 10).empty());
  const auto first = store->claim_effects(at(30), at(100), 2);
  REQUIRE(names(first) == Names{"e1", "e2"});
  CHECK(first[0].stream == "gate_1");
  CHECK(first[0].kind == "announce");
  CHECK(first[0].payload == "{\"to\":\"e1\"}");
  CHECK(first[0].status == "leased");
  CHECK(first[0].attempts == 1);
  CHECK(first[0].due == at(100));
  CHECK(names(store->claim_effects(at(30), at(100), 2)) == Names{"e3"});
  CHECK(store->claim_effects(at(99), at(200), 10).empty());
  CHECK(store->next_effect() == at(100));
}

TEST_CASE("an effect whose lease ran out is claimed again") {
  OpenedStore store(GENERATE(from_range(store_kinds())));
  put_effects(*store, {{"e1", 10}});
  REQUIRE(store->claim_effects(at(10), at(50), 10).size() == 1);
  CHECK(store->claim_effects(at(49), at(90), 10).empty());
  const auto again = store->claim_effects(at(50), at(90), 10);
  REQUIRE(names(again) == Names{"e1"});
  CHECK(again[0].attempts == 2);
  settle(*store, "e1", "done");
  CHECK(store->claim_effects(at(1'000), at(2'000), 10).empty());
  CHECK_FALSE(store->next_effect().has_value());
}

TEST_CASE("an outcome decides what becomes of an effect") {
  OpenedStore store(GENERATE(from_range(store_kinds())));
  put_effects(*store, {{"e1", 10}});
  REQUIRE(store->claim_effects(at(10), at(50), 10).size() == 1);
  SECTION("another attempt") {
    settle(*store, "e1", "pending", at(70), "no answer");
    CHECK(store->claim_effects(at(69), at(99), 10).empty());
    const auto again = store->claim_effects(at(70), at(99), 10);
    REQUIRE(again.size() == 1);
    CHECK(again[0].error == "no answer");
    CHECK(again[0].attempts == 2);
  }
  SECTION("put off, which is no attempt") {
    settle(*store, "e1", "later", at(70), "it is night");
    CHECK(store->claim_effects(at(69), at(99), 10).empty());
    CHECK(store->list_effects("pending", 10).at(0).error == "it is night");
    CHECK(store->claim_effects(at(70), at(99), 10).at(0).attempts == 1);
  }
  SECTION("an end") {
    const std::string status = GENERATE("done", "obsolete", "dead");
    settle(*store, "e1", status, {}, "why");
    CHECK(store->claim_effects(at(1'000), at(2'000), 10).empty());
    const auto listed = store->list_effects(status, 10);
    REQUIRE(names(listed) == Names{"e1"});
    CHECK(listed[0].status == status);
    CHECK(listed[0].error == "why");
    CHECK(store->list_effects("leased", 10).empty());
  }
  SECTION("a dead one is given another attempt by hand") {
    settle(*store, "e1", "dead", {}, "gave up");
    settle(*store, "e1", "pending", at(500));
    CHECK(names(store->claim_effects(at(500), at(600), 10)) == Names{"e1"});
  }
  SECTION("of an effect that is not there") {
    settle(*store, "e9", "done");
    CHECK(names(store->list_effects("leased", 10)) == Names{"e1"});
  }
}

TEST_CASE("two that claim at the same time never get the same effect") {
  OpenedStore store(GENERATE(from_range(store_kinds())));
  constexpr int effects = 200;
  std::vector<std::pair<std::string, int>> all;
  for (int i = 0; i < effects; ++i) all.emplace_back(numbered("e", i), i);
  put_effects(*store, all);
  std::array<Names, 2> claimed;
  std::vector<std::thread> workers;
  for (Names& mine : claimed) {
    workers.emplace_back([&] {
      while (true) {
        const auto some = store->claim_effects(at(1'000), at(2'000), 7);
        if (some.empty()) return;
        for (const EffectRow& effect : some) mine.push_back(effect.id);
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  Names both = claimed[0];
  both.insert(both.end(), claimed[1].begin(), claimed[1].end());
  std::sort(both.begin(), both.end());
  REQUIRE(both.size() == effects);
  CHECK(std::unique(both.begin(), both.end()) == both.end());
}

TEST_CASE("timers are moved, cancelled, and stay until then") {
  OpenedStore store(GENERATE(from_range(store_kinds())));
  CHECK_FALSE(store->next_timer().has_value());
  Commit commit;
  commit.timers = {
      {"task_2", "warn", at(200)}, {"task_1", "warn", at(100)}, {"task_1", "breach", at(300)}};
  commit_one(*store, commit);
  CHECK(store->next_timer() == at(100));
  CHECK(store->due_timers(at(99), 10).empty());
  CHECK(names(store->due_timers(at(200), 10)) == Names{"task_1/warn", "task_2/warn"});
  CHECK(names(store->due_timers(at(200), 10)) == Names{"task_1/warn", "task_2/warn"});
  CHECK(names(store->due_timers(at(900), 1)) == Names{"task_1/warn"});
  commit.timers = {{"task_1", "warn", std::nullopt},   // cancelled
                   {"task_2", "warn", at(400)},        // moved
                   {"task_9", "warn", std::nullopt}};  // was not there
  commit_one(*store, commit);
  const auto due = store->due_timers(at(900), 10);
  CHECK(names(due) == Names{"task_1/breach", "task_2/warn"});
  CHECK(due[1].due == at(400));
  CHECK(store->next_timer() == at(300));
}

TEST_CASE("a purge forgets what is old and over, and nothing else") {
  OpenedStore store(GENERATE(from_range(store_kinds())));
  std::vector<Commit> batch(1'200);
  for (int i = 0; i < 1'200; ++i) {
    batch[static_cast<std::size_t>(i)].request =
        storage::RequestRecord{"p", numbered("k", i), "f", 200, "{}", at(i)};
  }
  store->commit(batch);
  put_effects(*store, {{"old", 1}, {"dead", 2}, {"young", 900}, {"pending", 3}, {"obsolete", 4}});
  store->claim_effects(at(2), at(50), 10);     // old, dead
  store->claim_effects(at(900), at(950), 10);  // the rest, and the lost leases
  settle(*store, "old", "done");
  settle(*store, "obsolete", "obsolete");
  settle(*store, "dead", "dead");
  settle(*store, "young", "done");
  settle(*store, "pending", "pending", at(5));
  store->purge(at(951));
  CHECK_FALSE(store->find_request("p", numbered("k", 0)).has_value());
  CHECK_FALSE(store->find_request("p", numbered("k", 950)).has_value());
  CHECK(store->find_request("p", numbered("k", 951)).has_value());
  CHECK(store->find_request("p", numbered("k", 1'199)).has_value());
  CHECK(store->list_effects("done", 10).empty());
  CHECK(store->list_effects("obsolete", 10).empty());
  CHECK(names(store->list_effects("dead", 10)) == Names{"dead"});
  CHECK(names(store->list_effects("pending", 10)) == Names{"pending"});
}

TEST_CASE("an effect that was done lately outlives a purge") {
  OpenedStore store(GENERATE(from_range(store_kinds())));
  put_effects(*store, {{"e1", 1}});
  store->claim_effects(at(1), at(100), 10);
  settle(*store, "e1", "done");
  store->purge(at(100));
  CHECK(names(store->list_effects("done", 10)) == Names{"e1"});
  store->purge(at(101));
  CHECK(store->list_effects("done", 10).empty());
}

TEST_CASE("seals are kept in order") {
  OpenedStore store(GENERATE(from_range(store_kinds())));
  CHECK_FALSE(store->last_seal().has_value());
  CHECK(store->seals(0, 100).empty());
  const Seal first{10, sha256("a"), "aa", at(1'763'621'049'123)};
  const Seal second{25, sha256("b"), "bb", at(1'763'621'050'456)};
  store->put_seal(first);
  store->put_seal(second);
  const auto last = store->last_seal();
  REQUIRE(last.has_value());
  CHECK(last->position == 25);
  CHECK(last->digest == sha256("b"));
  CHECK(last->signature == "bb");
  CHECK(last->at == second.at);
  const auto all = store->seals(0, 100);
  REQUIRE(all.size() == 2);
  CHECK(all[0].position == 10);
  CHECK(all[1].position == 25);
}

}  // namespace factory::test
