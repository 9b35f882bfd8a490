#include "tests/support/faulty_store.hpp"

#include <type_traits>

namespace factory::test {

using storage::Commit;
using storage::CommitOutcome;
using storage::StoreFailure;

template <class Work>
auto FaultyStore::writing(Work work) {
  if (happens(plan_.fail_before)) {
    ++counts_.failed_before;
    throw StoreFailure("injected: nothing was done");
  }
  const bool after = happens(plan_.fail_after);
  const auto fail = [&] {
    ++counts_.failed_after;
    throw StoreFailure("injected: all was done");
  };
  if constexpr (std::is_void_v<decltype(work())>) {
    work();
    if (after) fail();
  } else {
    auto result = work();
    if (after) fail();
    return result;
  }
}

template <class Work>
auto FaultyStore::reading(Work work) {
  if (happens(plan_.fail_read)) {
    ++counts_.failed_reads;
    throw StoreFailure("injected: nothing was read");
  }
  return work();
}

std::vector<CommitOutcome> FaultyStore::commit(std::span<const Commit> batch) {
  if (storm_left_ == 0 && happens(plan_.storm)) storm_left_ = plan_.storm_length;
  if (storm_left_ > 0) {
    --storm_left_;
    counts_.conflicts += static_cast<int>(batch.size());
    return std::vector<CommitOutcome>(batch.size(), CommitOutcome::conflict);
  }
  return writing([&] { return commit_some(batch); });
}

std::vector<CommitOutcome> FaultyStore::commit_some(std::span<const Commit> batch) {
  std::vector<bool> refused;
  std::vector<Commit> rest;
  for (const Commit& commit : batch) {
    refused.push_back(happens(plan_.conflict));
    if (!refused.back()) rest.push_back(commit);
  }
  const std::vector<CommitOutcome> real = real_.commit(rest);
  std::vector<CommitOutcome> outcomes;
  auto next = real.begin();
  for (const bool is_refused : refused) {
    counts_.conflicts += is_refused ? 1 : 0;
    outcomes.push_back(is_refused ? CommitOutcome::conflict : *next++);
  }
  return outcomes;
}

std::vector<storage::EventRecord> FaultyStore::load(const std::string& stream,
                                                    std::int64_t after_version) {
  return reading([&] { return real_.load(stream, after_version); });
}

storage::EventPage FaultyStore::read_events(const storage::EventQuery& query) {
  return reading([&] { return real_.read_events(query); });
}

std::int64_t FaultyStore::last_position() {
  return reading([&] { return real_.last_position(); });
}

std::optional<storage::RequestRecord> FaultyStore::find_request(const std::string& principal,
                                                                const std::string& key) {
  return reading([&] { return real_.find_request(principal, key); });
}

std::optional<storage::ViewRow> FaultyStore::get_view(const std::string& id) {
  return reading([&] { return real_.get_view(id); });
}

storage::ViewPage FaultyStore::query_views(const storage::ViewQuery& query) {
  return reading([&] { return real_.query_views(query); });
}

std::vector<storage::TagCount> FaultyStore::count_tags(const std::string& key, std::int64_t most) {
  return reading([&] { return real_.count_tags(key, most); });
}

std::vector<storage::EffectRow> FaultyStore::claim_effects(Time now, Time until, int limit) {
  return writing([&] { return real_.claim_effects(now, until, limit); });
}

void FaultyStore::settle_effects(std::span<const storage::EffectOutcome> outcomes) {
  writing([&] { real_.settle_effects(outcomes); });
}

std::vector<storage::EffectRow> FaultyStore::list_effects(const std::string& status, int limit) {
  return reading([&] { return real_.list_effects(status, limit); });
}

std::optional<Time> FaultyStore::next_effect() {
  return reading([&] { return real_.next_effect(); });
}

std::optional<Time> FaultyStore::next_timer() {
  return reading([&] { return real_.next_timer(); });
}

std::vector<storage::TimerRow> FaultyStore::due_timers(Time now, int limit) {
  return reading([&] { return real_.due_timers(now, limit); });
}

void FaultyStore::put_seal(const storage::Seal& seal) {
  writing([&] { real_.put_seal(seal); });
}

std::optional<storage::Seal> FaultyStore::last_seal() {
  return reading([&] { return real_.last_seal(); });
}

std::vector<storage::Seal> FaultyStore::seals(std::int64_t after, int limit) {
  return reading([&] { return real_.seals(after, limit); });
}

void FaultyStore::purge(Time before) {
  writing([&] { real_.purge(before); });
}

bool FaultyStore::archive(std::span<const storage::ClosedStream> streams, const std::string& mark) {
  return writing([&] { return real_.archive(streams, mark); });
}

void FaultyStore::replace_views(const std::function<std::optional<storage::ViewRow>()>& next) {
  writing([&] { real_.replace_views(next); });
}

void FaultyStore::each_view(const std::function<void(const storage::ViewRow&)>& visit) {
  reading([&] { real_.each_view(visit); });
}

void FaultyStore::backup(const std::string& file) {
  reading([&] { real_.backup(file); });
}

}  // namespace factory::test
