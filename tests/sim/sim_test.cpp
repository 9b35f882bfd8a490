#include <cstdlib>
#include <iostream>
#include <map>

#include "engine/audit.hpp"
#include "tests/sim/invariants.hpp"
#include "tests/sim/story.hpp"
#include "tests/support/catch.hpp"

namespace factory::sim {
namespace {

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* set = std::getenv(name);
  return set == nullptr ? otherwise : std::strtoull(set, nullptr, 10);
}

/// What a run met, to see that it met something.
struct Met {
  int calls = 0;
  int acknowledged = 0;
  int refused = 0;
  int unknown = 0;
  int replayed = 0;
  int faults = 0;
  int restarts = 0;
  std::map<std::string, int> events;
};

/// One seed's life.
class Life {
 public:
  Life(std::uint64_t seed, Met& met, bool puts_off = true)
      : seed_(seed), met_(met), world_(seed, plan_of(seed)), story_(world_, seed, puts_off) {}

  /// What was found broken; empty: nothing.
  std::vector<std::string> run() {
    const int steps = 24 + static_cast<int>(story_.below(24));
    for (step_ = 0; step_ < steps && broken_.empty(); ++step_) one_step();
    if (!broken_.empty()) return told();
    world_.heal();
    std::vector<Sent> unanswered;
    unanswered.swap(to_retry_);
    if (!unanswered.empty()) send(std::move(unanswered));
    world_.clock().advance(Millis{60'000});
    world_.fire_timers();
    engine::seal_log(world_.store(), world_.seal_key(), world_.clock().now(),
                     [this](const auto& work) { work(world_.store()); });
    check();
    count();
    return told();
  }

 private:
  /// Some seeds know no faults, so that the others do not hide what is wrong without.
  static test::FaultPlan plan_of(std::uint64_t seed) {
    test::FaultPlan plan;
    plan.seed = seed * 1000;
    if (seed % 4 == 0) return plan;
    plan.fail_before = seed % 3 == 0 ? 4 : 0;
    plan.fail_after = seed % 3 == 1 ? 6 : 2;
    plan.conflict = seed % 5 == 0 ? 10 : 0;
    plan.storm = seed % 7 == 0 ? 5 : 0;
    plan.storm_length = 1 + static_cast<int>(seed % 12);
    plan.fail_read = seed % 11 == 0 ? 1 : 0;
    return plan;
  }

  void one_step() {
    const std::uint64_t kind = story_.below(100);
    if (kind < 12) {
      world_.clock().advance(Millis{static_cast<std::int64_t>(story_.below(90) * 60'000)});
      if (!world_.fire_timers()) recover();
    } else if (kind < 18) {
      world_.reopen(story_.chance(30));
      ++met_.restarts;
      check();
    } else {
      world_.clock().advance(Millis{static_cast<std::int64_t>(story_.below(5'000))});
      std::vector<Sent> calls;
      const std::uint64_t size = story_.chance(50) ? 1 : 2 + story_.below(5);
      for (std::uint64_t i = 0; i < size; ++i) calls.push_back(story_.next());
      if (story_.chance(20)) calls.push_back(story_.again(calls.front()));
      if (!to_retry_.empty()) {
        calls.insert(calls.end(), to_retry_.begin(), to_retry_.end());
        to_retry_.clear();
      }
      send(std::move(calls));
      if (world_.dead()) recover();
    }
  }

  void send(std::vector<Sent> calls) {
    world_.submit(calls);
    for (const Sent& sent : calls) {
      ++met_.calls;
      met_.acknowledged += sent.known == Known::acknowledged ? 1 : 0;
      met_.refused += sent.known == Known::refused ? 1 : 0;
      met_.unknown += sent.known == Known::unknown ? 1 : 0;
      met_.replayed += sent.replayed ? 1 : 0;
      if (sent.error && sent.error->code == ErrorCode::internal) {
        broken_.push_back(sent.request_id + " to " + sent.stream + " broke");
      }
      if (sent.known == Known::unknown && !sent.key.empty()) {
        to_retry_.push_back(story_.again(sent));
      }
      check_replay(sent);
      log_.push_back(sent);
    }
  }

  /// All answers to one key are the same, and but one was more than a repetition.
  void check_replay(const Sent& sent) {
    if (sent.key.empty() || sent.known != Known::acknowledged) return;
    const std::string who = sent.actor.id + " " + sent.key;
    const auto [first, fresh] = answers_.emplace(who, sent.answer);
    if (!fresh && first->second != sent.answer) {
      broken_.push_back(sent.request_id + ": another answer to " + sent.key);
    }
    if (!sent.replayed && ++done_[who] > 1) broken_.push_back(sent.request_id + ": done twice");
  }

  /// The process ends at a failure of its store, and another one begins.
  void recover() {
    world_.reopen(story_.chance(30));
    ++met_.restarts;
    check();
  }

  void check() {
    add(broken_invariants(world_));
    add(broken_promises(world_, log_));
  }

  void add(std::vector<std::string> more) {
    std::move(more.begin(), more.end(), std::back_inserter(broken_));
  }

  void count() {
    met_.faults += world_.faults();
    storage::EventQuery query;
    query.limit = 1000;
    for (const auto& record : world_.store().read_events(query).events) ++met_.events[record.type];
  }

  std::vector<std::string> told() const {
    std::vector<std::string> lines;
    for (const std::string& what : broken_) {
      lines.push_back("SIM_SEED=" + std::to_string(seed_) + " step " + std::to_string(step_) +
                      ": " + what);
    }
    return lines;
  }

  std::uint64_t seed_;
  Met& met_;
  World world_;
  Story story_;
  int step_ = 0;
  std::vector<Sent> log_;
  std::vector<Sent> to_retry_;
  std::map<std::string, std::string> answers_;  ///< by actor and key
  std::map<std::string, int> done_;             ///< by actor and key, without repetitions
  std::vector<std::string> broken_;
};

void tell(const Met& met, std::uint64_t seeds) {
  std::cout << "simulation: " << seeds << " seeds, " << met.calls << " calls (" << met.acknowledged
            << " done, " << met.refused << " refused, " << met.unknown << " unknown, "
            << met.replayed << " replayed), " << met.faults << " faults, " << met.restarts
            << " restarts\n";
  for (const auto& [type, count] : met.events) std::cout << "  " << type << " " << count << "\n";
  std::cout << std::flush;
}

TEST_CASE("simulation: whatever people, clocks and disks do, the invariants hold", "[sim]") {
  const char* only = std::getenv("SIM_SEED");
  const std::uint64_t first = from_environment("SIM_SEED", 1);
  const std::uint64_t seeds = only != nullptr ? 1 : from_environment("SIM_SEEDS", 500);
  Met met;
  int broken = 0;
  for (std::uint64_t seed = first; seed < first + seeds && broken < 5; ++seed) {
    const std::vector<std::string> found = Life(seed, met).run();
    for (const std::string& line : found) UNSCOPED_INFO(line);
    if (!found.empty()) ++broken;
    CHECK(found.empty());
  }
  tell(met, seeds);
  if (only != nullptr || broken > 0) return;
  CHECK(met.faults > 0);
  CHECK(met.unknown > 0);
  CHECK(met.replayed > 0);
  for (const char* type :
       {"pipeline.completed", "pipeline.archived", "pipeline.failed", "pipeline.paused",
        "approval.approved", "approval.rejected", "approval.rescinded", "approval.cancelled",
        "approval.delegated", "approval.consumed", "approval.subject_changed", "task.sla_breached",
        "task.claimed", "task.started", "task.deferred", "task.deferral_ended", "task.expired",
        "task.reminded", "pipeline.fix_requested"}) {
    INFO(type);
    CHECK(met.events[type] > 0);
  }
}

TEST_CASE("simulation: what it once found stays found", "[sim]") {
  // Told of a decision that was never saved; completed with a fix of a skipped stage still open;
  // advanced past a gate that had approved before the pipeline went back.
  for (const std::uint64_t seed : {539U, 1285U, 1315U, 1431U, 1662U, 3547U}) {
    Met met;
    const std::vector<std::string> found = Life(seed, met, false).run();
    for (const std::string& line : found) UNSCOPED_INFO(line);
    CHECK(found.empty());
  }
}

}  // namespace
}  // namespace factory::sim
