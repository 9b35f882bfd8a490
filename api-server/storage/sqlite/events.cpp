#include <algorithm>
#include <limits>

#include "storage/sqlite/sqlite_store.hpp"

namespace factory::storage {

namespace {

/// How many events one call looks at when filters skip them.
constexpr std::int64_t kWindow = 20'000;

EventRecord read_event(const Query& row) {
  EventRecord event;
  event.position = row.integer(0);
  event.stream = row.text(1);
  event.version = row.integer(2);
  event.type = row.text(3);
  event.at = row.time(4);
  event.actor = row.text(5);
  event.body = row.text(6);
  event.hash = row.hash(7);
  return event;
}

std::int64_t last_number(Connection& connection) {
  Query last = connection.query("SELECT position FROM events ORDER BY position DESC LIMIT 1");
  return last.step() ? last.integer(0) : 0;
}

std::int64_t last_version(Connection& connection, const std::string& stream) {
  Query last =
      connection.query("SELECT version FROM events WHERE stream = ? ORDER BY version DESC LIMIT 1");
  return last.with(stream).step() ? last.integer(0) : 0;
}

/// The first number in [1, last] for which `reached` holds, or last + 1: it must hold for all that
/// follow.
template <class Reached>
std::int64_t first_that(std::int64_t last, Reached reached) {
  std::int64_t low = 1;
  std::int64_t high = last + 1;
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    if (reached(middle)) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

/// The events that a query walks over: numbered by position, or by version within one stream.
class Walk {
 public:
  Walk(Connection& connection, const EventQuery& query)
      : connection_(connection), query_(query), by_version_(!query.stream.empty()) {
    last = by_version_ ? last_version(connection, query.stream) : last_number(connection);
    const auto first_at = [&](std::int64_t position) {
      return by_version_ ? first_that(last, [&](auto n) { return position_of(n) >= position; })
                         : std::clamp<std::int64_t>(position, 1, last + 1);
    };
    low = query.after > 0 ? first_at(query.after + 1) : 1;
    high = query.before ? first_at(*query.before) - 1 : last;
    if (query.since) {
      low = std::max(low, first_that(last, [&](auto n) { return time_of(n) >= *query.since; }));
    }
    if (query.until) {
      high =
          std::min(high, first_that(last, [&](auto n) { return time_of(n) > *query.until; }) - 1);
    }
  }

  /// Both inclusive; low > high: nothing.
  std::int64_t low = 1;
  std::int64_t high = 0;
  std::int64_t last = 0;  ///< of all that there are

  [[nodiscard]] std::int64_t position_of(std::int64_t number) const {
    if (!by_version_) return number;
    Query found = connection_.query("SELECT position FROM events WHERE stream = ? AND version = ?");
    if (!found.with(query_.stream, number).step()) throw StoreFailure("a stream has a gap");
    return found.integer(0);
  }

  /// Up to `limit` events of [from, to] that pass the filters.
  [[nodiscard]] std::vector<EventRecord> read(std::int64_t from, std::int64_t to) const;

 private:
  [[nodiscard]] Time time_of(std::int64_t number) const {
    const std::int64_t position = position_of(number);
    Query found = connection_.query("SELECT at FROM events WHERE position = ?");
    if (!found.with(position).step()) throw StoreFailure("the log has a gap");
    return found.time(0);
  }

  Connection& connection_;
  const EventQuery& query_;
  bool by_version_;
};

std::vector<EventRecord> Walk::read(std::int64_t from, std::int64_t to) const {
  const bool group = query_.type.ends_with(".*");
  const std::string type = group ? query_.type.substr(0, query_.type.size() - 1) : query_.type;
  std::string type_end = type;
  if (group) {
    type_end.back() = '/';  // comes right after '.': all that begins with "gate." is below "gate/"
  } else {
    type_end.push_back('\0');  // the next string after the type itself
  }
  std::string sql = "SELECT position, stream, version, type, at, actor, ";
  sql += query_.bodies ? "body, hash FROM events WHERE " : "'', hash FROM events WHERE ";
  sql += by_version_ ? "stream = ?1 AND version BETWEEN ?2 AND ?3"
                     : "?1 = '' AND position BETWEEN ?2 AND ?3";
  sql += " AND (?4 = '' OR (type >= ?4 AND type < ?5)) AND (?6 = '' OR actor = ?6)";
  sql += by_version_ ? " ORDER BY version" : " ORDER BY position";
  sql += query_.descending ? " DESC LIMIT ?7" : " LIMIT ?7";

  std::vector<EventRecord> events;
  Query rows = connection_.query(sql);
  rows.with(query_.stream, from, to, type, type_end, query_.actor, std::max(query_.limit, 1));
  while (rows.step()) events.push_back(read_event(rows));
  return events;
}

}  // namespace

std::vector<EventRecord> SqliteStore::load(const std::string& stream, std::int64_t after_version) {
  if (pending_.head(stream)) catch_up();  // of the others the tables have all
  return reading_moved("load", [&](Connection& connection) {
    std::vector<EventRecord> events;
    Query rows = connection.query(
        "SELECT position, stream, version, type, at, actor, body, hash FROM events "
        "WHERE stream = ? AND version > ? ORDER BY version");
    rows.with(stream, after_version);
    while (rows.step()) events.push_back(read_event(rows));
    return events;
  });
}

std::int64_t SqliteStore::last_position() { return reading("last position", last_number); }

EventPage SqliteStore::read_events(const EventQuery& query) {
  if (query.newest == Newest::wanted) catch_up();
  return reading_moved("read events", [&](Connection& connection) -> EventPage {
    const Snapshot snapshot(connection);
    const Walk walk(connection, query);
    if (walk.low > walk.high) return {{}, {}, walk.last};
    // Numbers have no gaps, so that a window of numbers bounds the rows that are looked at.
    const bool down = query.descending;
    const std::int64_t from = down ? std::max(walk.low, walk.high - kWindow + 1) : walk.low;
    const std::int64_t to = down ? walk.high : std::min(walk.high, walk.low + kWindow - 1);
    EventPage page;
    page.last = walk.last;
    page.events = walk.read(from, to);
    if (static_cast<int>(page.events.size()) >= std::max(query.limit, 1)) {
      page.next = page.events.back().position;
      if (*page.next == walk.position_of(down ? walk.low : walk.high)) page.next.reset();
    } else if (down ? from > walk.low : to < walk.high) {
      page.next = walk.position_of(down ? from : to);
    }
    return page;
  });
}

}  // namespace factory::storage
