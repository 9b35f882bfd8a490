#include "queries/stats.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "domain/policy.hpp"

namespace factory::queries {
namespace {

using nlohmann::json;
using ByPriority = std::array<std::int64_t, 4>;

constexpr int most_averaged = 1000;

/// `but`: a value that is not counted.
ByPriority by_priority(storage::Store& store, const std::string& tag, bool& at_least,
                       const std::string& but = "-") {
  ByPriority counts{};
  for (const storage::TagCount& entry : store.count_tags(tag, most_counted)) {
    if (entry.rank < 0 || entry.rank > 3 || entry.value == but) continue;
    counts[static_cast<std::size_t>(entry.rank)] += entry.count;
    at_least = at_least || entry.count >= most_counted;
  }
  return counts;
}

std::int64_t sum(const ByPriority& counts) { return counts[0] + counts[1] + counts[2] + counts[3]; }

/// When the thing with this id came to be: a UUIDv7 starts with its milliseconds (RFC 9562).
std::optional<std::int64_t> born(std::string_view id) {
  const auto start = id.find('_');
  if (start == std::string_view::npos) return std::nullopt;
  std::int64_t ms = 0;
  int digits = 0;
  for (const char c : id.substr(start + 1)) {
    if (c == '-') continue;
    const int value = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (value < 0) return std::nullopt;
    ms = ms * 16 + value;
    if (++digits == 12) return ms;
  }
  return std::nullopt;
}

double average_wait_minutes(storage::Store& store, Time now) {
  storage::ViewQuery query;
  query.kind = "task";
  query.tag = storage::Tag{"task.open", "", 0, 0};
  query.limit = 100;
  double total = 0;
  int counted = 0;
  while (counted < most_averaged) {
    const storage::ViewPage page = store.query_views(query);
    for (const storage::ViewRow& row : page.rows) {
      const auto since = born(row.id);
      if (!since) continue;
      total += static_cast<double>(std::max<std::int64_t>(to_millis(now) - *since, 0));
      ++counted;
    }
    if (page.next_cursor.empty() || page.rows.empty()) break;
    query.cursor = page.next_cursor;
  }
  return counted == 0 ? 0 : std::round(total / counted / 6'000) / 10;
}

}  // namespace

TaskStats task_stats(storage::Store& store, Time now) {
  TaskStats stats;
  const ByPriority open = by_priority(store, "task.open", stats.at_least);
  const ByPriority claimed = by_priority(store, "task.open.status", stats.at_least, "escalated");
  // The two are read one after the other: what was claimed in between counts once.
  for (std::size_t i = 0; i < open.size(); ++i) {
    stats.by_priority[i] = std::max<std::int64_t>(open[i] - claimed[i], 0);
  }
  stats.pending = sum(stats.by_priority);
  stats.in_progress = sum(claimed);
  stats.blocked = sum(by_priority(store, "blocker", stats.at_least));
  stats.breaches = sum(by_priority(store, "task.open.breached", stats.at_least));
  stats.average_wait_minutes = average_wait_minutes(store, now);
  return stats;
}

json to_json(const TaskStats& stats) {
  json priorities = json::object();
  for (std::size_t i = 0; i < stats.by_priority.size(); ++i) {
    priorities[std::string(name_of(static_cast<Priority>(i)))] = stats.by_priority[i];
  }
  json document{
      {"pending", stats.pending},       {"in_progress", stats.in_progress},
      {"blocked", stats.blocked},       {"avg_wait_time_minutes", stats.average_wait_minutes},
      {"sla_breaches", stats.breaches}, {"by_priority", std::move(priorities)}};
  if (stats.at_least) document["at_least"] = true;
  return document;
}

Total total_of(storage::Store& store, const std::string& tag, std::int64_t most) {
  Total total;
  for (const storage::TagCount& entry : store.count_tags(tag, most)) {
    total.count += entry.count;
    total.at_least = total.at_least || entry.count >= most;
  }
  return total;
}

}  // namespace factory::queries
