#include <algorithm>

#include "storage/sqlite/sqlite_store.hpp"
#include "storage/sqlite/tag_list.hpp"

namespace factory::storage {

namespace {

constexpr const char* kWholeView =
    "SELECT id, kind, status, version, schema_version, updated_at, doc, text, tags FROM views ";

ViewRow read_view(const Query& row) {
  ViewRow view;
  view.id = row.text(0);
  view.kind = row.text(1);
  view.status = row.text(2);
  view.version = row.integer(3);
  view.schema_version = row.integer(4);
  view.updated_at = row.time(5);
  view.doc = row.text(6);
  view.text = row.text(7);
  view.tags = decode_tags(row.text(8));
  return view;
}

constexpr std::size_t kMostCounts = 1000;

/// Counts on from (value, rank), which is left out; stops at the end, or after a group that reached
/// `most` and whose rest is to be jumped over.
bool count_on(Connection& connection, const std::string& key, std::int64_t most,
              std::vector<TagCount>& counts) {
  // ">= the next rank", as "> this rank" would have SQLite step over the whole group.
  const bool first = counts.empty();
  const std::string value = first ? "" : counts.back().value;
  const std::int64_t rank = first ? 0 : counts.back().rank;
  Query rows = connection.query(first ? "SELECT value, rank FROM tags WHERE key = ?1 "
                                        "AND ?2 = '' AND ?3 = 0 ORDER BY value, rank"
                                      : "SELECT value, rank FROM tags WHERE key = ?1 "
                                        "AND (value, rank) >= (?2, ?3 + 1) ORDER BY value, rank");
  rows.with(key, value, rank);
  bool counting = false;
  while (rows.step()) {
    const std::int64_t row_rank = rows.integer(1);
    const bool same =
        counting && counts.back().rank == row_rank && counts.back().value == rows.text(0);
    if (!same) {
      if (counts.size() >= kMostCounts) return false;
      counts.push_back({rows.text(0), row_rank, 0});
      counting = true;
    }
    counts.back().count += 1;
    if (counts.back().count >= most) return true;
  }
  return false;
}

}  // namespace

std::optional<ViewRow> SqliteStore::get_view(const std::string& id) {
  if (auto pending = pending_.view(id)) return pending;
  return reading_moved("get view", [&](Connection& connection) -> std::optional<ViewRow> {
    Query row = connection.query(std::string(kWholeView) + "WHERE id = ?");
    if (!row.with(id).step()) return std::nullopt;
    return read_view(row);
  });
}

void SqliteStore::each_view(const std::function<void(const ViewRow&)>& visit) {
  constexpr int kAtATime = 200;
  std::string after;
  while (true) {
    // The connection is given back before the visit: no long read holds up the log.
    const auto views = reading("each view", [&](Connection& connection) {
      std::vector<ViewRow> some;
      Query rows = connection.query(std::string(kWholeView) + "WHERE id > ? ORDER BY id LIMIT ?");
      rows.with(after, kAtATime);
      while (rows.step()) some.push_back(read_view(rows));
      return some;
    });
    for (const ViewRow& view : views) visit(view);
    if (views.size() < kAtATime) return;
    after = views.back().id;
  }
}

std::vector<TagCount> SqliteStore::count_tags(const std::string& key, std::int64_t most) {
  if (most <= 0) return {};
  return reading("count tags", [&](Connection& connection) {
    const Snapshot snapshot(connection);
    std::vector<TagCount> counts;
    while (count_on(connection, key, most, counts)) {
    }
    return counts;
  });
}

}  // namespace factory::storage
