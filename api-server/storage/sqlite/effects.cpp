#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>

#include "storage/sqlite/sqlite_store.hpp"

namespace factory::storage {

namespace {

/// In the order of the numbers in the table.
constexpr std::array<const char*, 5> kStatuses = {"pending", "leased", "done", "obsolete", "dead"};
constexpr int kPending = 0;
constexpr int kLeased = 1;
/// Of an outcome alone: pending, and the attempt is taken back.
constexpr std::string_view kLater = "later";

int status_number(const std::string& status) {
  const auto* found = std::find(kStatuses.begin(), kStatuses.end(), status);
  if (found == kStatuses.end()) throw std::invalid_argument("no status of effects: " + status);
  return static_cast<int>(found - kStatuses.begin());
}

const char* status_name(std::int64_t number) {
  if (number < 0 || number >= static_cast<std::int64_t>(kStatuses.size())) {
    throw StoreFailure("an effect's status is damaged");
  }
  return kStatuses[static_cast<std::size_t>(number)];
}

std::vector<EffectRow> read_effects(Query& rows) {
  std::vector<EffectRow> effects;
  while (rows.step()) {
    effects.push_back({rows.text(0), rows.text(1), rows.text(2), rows.text(3),
                       status_name(rows.integer(4)), static_cast<int>(rows.integer(5)),
                       rows.time(6), rows.text(7)});
  }
  return effects;
}

std::vector<EffectRow> due_effects(Connection& connection, int status, Time now, int limit) {
  Query rows = connection.query(
      "SELECT id, stream, kind, payload, status, attempts, due, error FROM effects "
      "WHERE status = ? AND due <= ? ORDER BY due LIMIT ?");
  return read_effects(rows.with(status, now, limit));
}

std::optional<Time> first_due(Connection& connection, int status) {
  Query row = connection.query("SELECT due FROM effects WHERE status = ? ORDER BY due LIMIT 1");
  if (!row.with(status).step()) return std::nullopt;
  return row.time(0);
}

std::optional<Time> next_claim(Connection& connection) {
  const auto pending = first_due(connection, kPending);
  const auto leased = first_due(connection, kLeased);
  if (!pending || !leased) return pending ? pending : leased;
  return std::min(*pending, *leased);
}

}  // namespace

std::vector<EffectRow> SqliteStore::claim_effects(Time now, Time until, int limit) {
  // Most calls find nothing: they are to cost the writer nothing.
  const auto next = next_effect();
  if (!next || *next > now || limit <= 0) return {};
  std::vector<EffectRow> claimed;
  writing("claim effects", [&](Writer& writer) {
    writer.lazily([&](Connection& connection) {
      claimed = due_effects(connection, kPending, now, limit);
      const auto lost = due_effects(connection, kLeased, now, limit);
      claimed.insert(claimed.end(), lost.begin(), lost.end());
      std::stable_sort(claimed.begin(), claimed.end(),
                       [](const EffectRow& a, const EffectRow& b) { return a.due < b.due; });
      if (claimed.size() > static_cast<std::size_t>(limit)) {
        claimed.resize(static_cast<std::size_t>(limit));
      }
      for (EffectRow& effect : claimed) {
        effect.status = kStatuses[kLeased];
        effect.attempts += 1;
        effect.due = until;
        connection.query("UPDATE effects SET status = ?, attempts = ?, due = ? WHERE id = ?")
            .with(kLeased, effect.attempts, effect.due, effect.id)
            .run();
      }
    });
  });
  return claimed;
}

void SqliteStore::settle_effects(std::span<const EffectOutcome> outcomes) {
  if (outcomes.empty()) return;
  writing("settle effects", [&](Writer& writer) {
    writer.lazily([&](Connection& connection) {
      for (const EffectOutcome& outcome : outcomes) {
        const bool later = outcome.status == kLater;
        const int status = later ? kPending : status_number(outcome.status);
        if (status == kPending) {
          connection
              .query(
                  "UPDATE effects SET status = ?, attempts = attempts - ?, error = ?, due = ? "
                  "WHERE id = ?")
              .with(status, later ? 1 : 0, outcome.error, outcome.due, outcome.id)
              .run();
        } else {
          connection.query("UPDATE effects SET status = ?, error = ? WHERE id = ?")
              .with(status, outcome.error, outcome.id)
              .run();
        }
      }
    });
  });
}

std::vector<EffectRow> SqliteStore::list_effects(const std::string& status, int limit) {
  const int number = status_number(status);
  return reading("list effects", [&](Connection& connection) {
    Query rows = connection.query(
        "SELECT id, stream, kind, payload, status, attempts, due, error FROM effects "
        "WHERE status = ? ORDER BY due LIMIT ?");
    return read_effects(rows.with(number, limit));
  });
}

/// Asked again and again: what is pending is not moved for it without need.
std::optional<Time> SqliteStore::next_effect() {
  if (pending_.has_effects()) catch_up();
  return reading_moved("next effect", next_claim);
}

std::optional<Time> SqliteStore::next_timer() {
  return reading("next timer", [](Connection& connection) -> std::optional<Time> {
    Query row = connection.query("SELECT due FROM timers ORDER BY due LIMIT 1");
    if (!row.step()) return std::nullopt;
    return row.time(0);
  });
}

std::vector<TimerRow> SqliteStore::due_timers(Time now, int limit) {
  const auto read = [&](Connection& connection) {
    std::vector<TimerRow> timers;
    Query rows = connection.query(
        "SELECT stream, name, due FROM timers WHERE due <= ? ORDER BY due, stream, name LIMIT ?");
    rows.with(now, limit);
    while (rows.step()) timers.push_back({rows.text(0), rows.text(1), rows.time(2)});
    return timers;
  };
  // Asked again and again: what is pending is not moved for it, but where there is more than fits.
  const std::int64_t drops = pending_.drops();
  const std::vector<TimerRow> moved = reading_moved("due timers", read);
  const auto most = static_cast<std::size_t>(std::max(limit, 0));
  if (moved.size() < most) {
    std::vector<TimerRow> timers = pending_.due_timers(now, moved);
    if (timers.size() > most) timers.resize(most);
    if (pending_.drops() == drops) return timers;
  }
  return reading("due timers", read);
}

}  // namespace factory::storage
