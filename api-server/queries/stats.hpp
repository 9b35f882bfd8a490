#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>

#include "common/clock.hpp"
#include "storage/store.hpp"

namespace factory::queries {

/// Counts stop here, so that they cost the same however much is stored.
inline constexpr std::int64_t most_counted = 10'000;

/// How the one queue stands, read from the indexes of what is open.
struct TaskStats {
  std::int64_t pending = 0;         ///< open and claimed by nobody
  std::int64_t in_progress = 0;     ///< claimed
  std::int64_t blocked = 0;         ///< what keeps a pipeline from going on, as blockers are listed
  std::int64_t breaches = 0;        ///< open past their SLA deadline
  double average_wait_minutes = 0;  ///< of the 1,000 most urgent that are open
  std::array<std::int64_t, 4> by_priority{};  ///< of the pending, critical first
  bool at_least = false;  ///< some count has stopped at `most_counted`: there are more
};

TaskStats task_stats(storage::Store& store, Time now);

/// {"pending","in_progress","blocked","avg_wait_time_minutes","sla_breaches","by_priority"}, and
/// "at_least": true if counts have stopped.
nlohmann::json to_json(const TaskStats& stats);

/// The sum of a tag's counts, and whether one of them has stopped at `most`.
struct Total {
  std::int64_t count = 0;
  bool at_least = false;
};
Total total_of(storage::Store& store, const std::string& tag, std::int64_t most);

}  // namespace factory::queries
