#include "http/gauges.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <utility>

#include "domain/policy.hpp"

namespace factory::http {
namespace {

constexpr int most_listed = 1'000;
constexpr std::int64_t most_counted = 10'000;

std::map<std::string, std::int64_t> open_tasks(storage::Store& store) {
  std::map<std::string, std::int64_t> counts;
  for (const std::string_view name : EnumNames<Priority>::names) counts.emplace(name, 0);
  for (const storage::TagCount& entry : store.count_tags("task.open", most_counted)) {
    if (entry.rank < 0 || entry.rank > 3) continue;
    counts[std::string(name_of(static_cast<Priority>(entry.rank)))] += entry.count;
  }
  return counts;
}

/// 0 where /proc is missing.
std::uint64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t all = 0;
  std::uint64_t resident = 0;
  if (!(file >> all >> resident)) return 0;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

std::int64_t count_effects(storage::Store& store, const char* status) {
  return static_cast<std::int64_t>(store.list_effects(status, most_listed).size());
}

}  // namespace

Gauges read_gauges(const Services& services, const std::string& data) {
  Gauges gauges;
  gauges.commands_waiting = services.runner.waiting();
  gauges.open_tasks = open_tasks(services.store);
  const Time now = services.clock.now();
  const auto due = services.store.due_timers(now, most_listed);
  gauges.timers_due = static_cast<std::int64_t>(due.size());
  for (const storage::TimerRow& timer : due) {
    const double late = static_cast<double>((now - timer.due).count()) / 1000;
    gauges.timer_lag_seconds = std::max(gauges.timer_lag_seconds, late);
  }
  gauges.effects_pending = count_effects(services.store, "pending");
  gauges.effects_dead = count_effects(services.store, "dead");
  std::error_code missing;  // a store without such a file has nothing in it
  const auto size = std::filesystem::file_size(data + "/factory.db-wal", missing);
  gauges.wal_bytes = missing ? 0 : size;
  gauges.resident_bytes = resident_bytes();
  return gauges;
}

Handler metrics_handler(const Services& services, const Metrics& metrics, std::string data) {
  return [&services, &metrics, data = std::move(data)](const Request& /*request*/) {
    Answer answer;
    answer.content_type = "text/plain; version=0.0.4; charset=utf-8";
    answer.body = metrics.text(read_gauges(services, data));
    return Result<Answer>(std::move(answer));
  };
}

}  // namespace factory::http
