#include "queries/dashboard.hpp"

#include <nlohmann/json.hpp>

#include "queries/blocker.hpp"
#include "queries/stats.hpp"
#include "queries/words.hpp"

namespace factory::queries {
namespace {

using nlohmann::json;

constexpr int most_shown = 5;

/// Value to count over all priorities.
json counts_of(storage::Store& store, const std::string& tag, bool& at_least) {
  json counts = json::object();
  for (const storage::TagCount& entry : store.count_tags(tag, most_counted)) {
    auto& count = counts[entry.value];
    count = (count.is_null() ? 0 : count.get<std::int64_t>()) + entry.count;
    at_least = at_least || entry.count >= most_counted;
  }
  return counts;
}

std::int64_t count_in(const json& counts, const char* name) {
  return counts.value(name, std::int64_t{0});
}

/// Agents by status, and those that went offline with work in hand, the first of them first.
json agents_of(storage::Store& store, bool& at_least) {
  json by_status = counts_of(store, "agent.status", at_least);
  storage::ViewQuery query;
  query.tag = storage::Tag{"agent.lost_work", "", 0, 0};
  query.limit = most_shown;
  json lost = json::array();
  for (const storage::ViewRow& row : store.query_views(query).rows) {
    const json doc = json::parse(row.doc);
    lost.push_back({{"id", doc.at("id")},
                    {"name", doc.at("name")},
                    {"since", doc.at("status_since")},
                    {"released", doc.at("released")}});
  }
  std::int64_t total = 0;
  for (const json& count : by_status) total += count.get<std::int64_t>();
  return {{"total", total}, {"by_status", std::move(by_status)}, {"offline_with_work", lost}};
}

std::string lost_words(const json& agents) {
  const json& lost = agents.at("offline_with_work");
  if (lost.empty()) return "";
  const json& first = lost.front();
  std::string text = " The agent " + first.value("name", "") + " is offline; " +
                     count_words(static_cast<std::int64_t>(first.at("released").size()), "item") +
                     " that it held " +
                     (first.at("released").size() == 1 ? "waits again." : "wait again.");
  return text;
}

std::string summary_of(const json& by_status, const TaskStats& tasks, const Total& stuck) {
  const std::int64_t active = count_in(by_status, "active");
  std::string text = count_words(active, "active pipeline");
  if (const auto failed = count_in(by_status, "failed"); failed > 0) {
    text += ", " + std::to_string(failed) + " failed";
  }
  if (const auto paused = count_in(by_status, "paused"); paused > 0) {
    text += ", " + std::to_string(paused) + " paused";
  }
  text += "; " + count_words(tasks.pending, "task", tasks.at_least) + " waiting and " +
          std::to_string(tasks.in_progress) + " in progress";
  if (tasks.breaches > 0) text += ", " + std::to_string(tasks.breaches) + " past the SLA";
  if (stuck.count == 0) return text + ". Nothing is stuck.";
  return text + ". " + count_words(stuck.count, "thing", stuck.at_least) +
         (stuck.count == 1 ? " keeps" : " keep") + " pipelines from going on.";
}

}  // namespace

json dashboard(const Services& services) {
  storage::Store& store = services.store;
  const Time now = services.clock.now();
  bool at_least = false;
  json by_status = counts_of(store, "pipeline.status", at_least);
  json by_stage = counts_of(store, "pipeline.stage", at_least);
  std::int64_t pipelines = 0;
  for (const json& count : by_status) pipelines += count.get<std::int64_t>();
  const TaskStats tasks = task_stats(store, now);
  const Total stuck = count_blockers(store);
  json agents = agents_of(store, at_least);
  json document{{"summary", summary_of(by_status, tasks, stuck) + lost_words(agents)},
                {"generated_at", format_time(now)},
                {"pipelines",
                 {{"total", pipelines},
                  {"by_status", std::move(by_status)},
                  {"by_stage", std::move(by_stage)}}},
                {"tasks", to_json(tasks)},
                {"blockers",
                 {{"total", stuck.count},
                  {"at_least", stuck.at_least},
                  {"top", worst_blockers(services, most_shown)}}},
                {"agents", std::move(agents)},
                {"sla_breaches", tasks.breaches}};
  if (at_least) document["at_least"] = true;
  return document;
}

}  // namespace factory::queries
