#pragma once

#include <cstdint>
#include <random>

#include "storage/store.hpp"

namespace factory::test {

/// How often, in percent of the calls, each fault is injected. The seed decides when.
struct FaultPlan {
  std::uint64_t seed = 1;
  unsigned fail_before = 0;  ///< a writing call throws and has done nothing
  unsigned fail_after = 0;   ///< a writing call throws although all that it was to do is done
  unsigned conflict = 0;     ///< a single commit of a batch is refused, its neighbours are written
  unsigned storm = 0;  ///< from here on the next `storm_length` batches are refused as a whole
  int storm_length = 3;
  unsigned fail_read = 0;  ///< a reading call throws
};

/// How many faults there were, so that a test sees that it was tested.
struct FaultCounts {
  int failed_before = 0;
  int failed_after = 0;
  int conflicts = 0;  ///< of single commits, those in storms included
  int failed_reads = 0;
};

/// A store in front of another one that fails as real ones do: before the work, after the work (the
/// worst: committed, but the caller saw a failure), and by refusing what stands. What it lets
/// through, the real store does. One thread at a time; the same calls give the same faults.
class FaultyStore final : public storage::Store {
 public:
  FaultyStore(storage::Store& real, FaultPlan plan)
      : real_(real), plan_(plan), random_(plan.seed) {}

  /// No faults any more.
  void heal() {
    plan_ = FaultPlan{};
    storm_left_ = 0;
  }
  [[nodiscard]] const FaultCounts& counts() const { return counts_; }

  std::vector<storage::CommitOutcome> commit(std::span<const storage::Commit> batch) override;

  std::vector<storage::EventRecord> load(const std::string& stream,
                                         std::int64_t after_version) override;
  storage::EventPage read_events(const storage::EventQuery& query) override;
  std::int64_t last_position() override;
  std::optional<storage::RequestRecord> find_request(const std::string& principal,
                                                     const std::string& key) override;
  std::optional<storage::ViewRow> get_view(const std::string& id) override;
  storage::ViewPage query_views(const storage::ViewQuery& query) override;
  std::vector<storage::TagCount> count_tags(const std::string& key, std::int64_t most) override;

  std::vector<storage::EffectRow> claim_effects(Time now, Time until, int limit) override;
  void settle_effects(std::span<const storage::EffectOutcome> outcomes) override;
  std::vector<storage::EffectRow> list_effects(const std::string& status, int limit) override;
  std::optional<Time> next_effect() override;
  std::optional<Time> next_timer() override;
  std::vector<storage::TimerRow> due_timers(Time now, int limit) override;

  void put_seal(const storage::Seal& seal) override;
  std::optional<storage::Seal> last_seal() override;
  std::vector<storage::Seal> seals(std::int64_t after, int limit) override;

  void purge(Time before) override;
  bool archive(std::span<const storage::ClosedStream> streams, const std::string& mark) override;
  void replace_views(const std::function<std::optional<storage::ViewRow>()>& next) override;
  void each_view(const std::function<void(const storage::ViewRow&)>& visit) override;
  void backup(const std::string& file) override;

 private:
  bool happens(unsigned percent) { return percent > 0 && random_() % 100 < percent; }
  template <class Work>
  auto writing(Work work);
  template <class Work>
  auto reading(Work work);
  std::vector<storage::CommitOutcome> commit_some(std::span<const storage::Commit> batch);

  storage::Store& real_;
  FaultPlan plan_;
  FaultCounts counts_;
  std::mt19937_64 random_;
  int storm_left_ = 0;
};

}  // namespace factory::test
