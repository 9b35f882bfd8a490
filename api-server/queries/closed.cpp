#include "queries/closed.hpp"

#include <algorithm>
#include <array>

#include "slices/notification/notification.hpp"

namespace factory::queries {
namespace {

constexpr int at_a_time = 100;
/// That are archived together: a hundred such groups are written and given up at once, and a
/// commit waits for that.
constexpr int notifications_at_a_time = 10;

/// Of gates and tasks.
bool is_open(const storage::ViewRow& row) {
  constexpr std::array<std::string_view, 4> open{"pending", "claimed", "in_progress", "escalated"};
  return std::find(open.begin(), open.end(), row.status) != open.end();
}

}  // namespace

ClosedPipelines::ClosedPipelines(storage::Store& store, Time before)
    : store_(store), before_(before) {
  query_.kind = "pipeline";
  query_.statuses = {"completed", "archived"};
  query_.limit = at_a_time;
}

bool ClosedPipelines::read_more() {
  while (rows_.empty() && !at_end_) {
    storage::ViewPage page = store_.query_views(query_);
    for (storage::ViewRow& row : page.rows) rows_.push_back(std::move(row));
    query_.cursor = page.next_cursor;
    at_end_ = page.next_cursor.empty();
  }
  return !rows_.empty();
}

bool ClosedPipelines::add(const std::string& tag, const std::string& pipeline,
                          std::vector<std::string>& streams) {
  storage::ViewQuery query;
  query.tag = storage::Tag{tag, pipeline, 0, 0};
  query.limit = at_a_time;
  for (;;) {
    const storage::ViewPage page = store_.query_views(query);
    for (const storage::ViewRow& row : page.rows) {
      if (is_open(row) || row.updated_at >= before_) return false;
      streams.push_back(row.id);
    }
    if (page.next_cursor.empty()) return true;
    query.cursor = page.next_cursor;
  }
}

std::vector<std::string> ClosedPipelines::next() {
  while (read_more()) {
    const storage::ViewRow row = std::move(rows_.front());
    rows_.pop_front();
    if (row.updated_at >= before_) continue;
    std::vector<std::string> streams{row.id};
    if (add("gate.pipeline", row.id, streams) && add("task.pipeline", row.id, streams) &&
        add("comment.pipeline", row.id, streams)) {
      return streams;
    }
  }
  return {};
}

OldNotifications::OldNotifications(storage::Store& store, Time settled_before, Time open_before)
    : store_(store) {
  for (const auto& [key, before] : {std::pair{notification::settled_key, settled_before},
                                    {notification::open_key, open_before}}) {
    Source source;
    source.query.tag = storage::Tag{std::string(key), "", 0, 0};
    source.query.limit = notifications_at_a_time;
    source.before = before;
    sources_.push_back(std::move(source));
  }
}

/// The first that is too young ends its list: what is behind it is younger, or waits with it.
std::vector<std::string> OldNotifications::next() {
  while (!sources_.empty()) {
    Source& source = sources_.front();
    const storage::ViewPage page = store_.query_views(source.query);
    std::vector<std::string> streams;
    for (const storage::ViewRow& row : page.rows) {
      if (row.updated_at >= source.before) break;
      streams.push_back(row.id);
    }
    source.query.cursor = page.next_cursor;
    if (streams.size() < page.rows.size() || page.next_cursor.empty()) sources_.pop_front();
    if (!streams.empty()) return streams;
  }
  return {};
}

}  // namespace factory::queries
