#include "storage/sqlite/tables.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace factory::storage {

namespace {

using Pair = std::pair<std::string_view, std::string_view>;

/// What all batches together make of one view.
struct ViewChange {
  const ViewText* last = nullptr;
  std::vector<TagText> removed, added;
};

bool take_out(std::vector<TagText>& tags, const TagText& tag) {
  const auto found = std::find(tags.begin(), tags.end(), tag);
  if (found == tags.end()) return false;
  tags.erase(found);
  return true;
}

class Move {
 public:
  explicit Move(Connection& connection) : connection_(connection) {}

  void take(const CommitText& commit) {
    for (const EventText& event : commit.events) {
      if (event.version == 1) new_streams_.insert(event.stream);
      write(event);
    }
    for (const ViewText& view : commit.views) note(view);
    for (const TimerText& timer : commit.timers) timers_[{timer.stream, timer.name}] = timer.due;
    for (const EffectText& effect : commit.effects) write(effect);
    if (commit.request) write(*commit.request);
  }

  void finish() {
    for (const ViewChange& change : views_) write(change);
    for (const auto& [name, due] : timers_) write_timer(name, due);
  }

 private:
  void note(const ViewText& view) {
    const auto [place, is_new] = places_.try_emplace(view.id, views_.size());
    if (is_new) views_.emplace_back();
    ViewChange& change = views_[place->second];
    change.last = &view;
    for (const TagText& tag : view.removed) {
      if (!take_out(change.added, tag)) change.removed.push_back(tag);
    }
    for (const TagText& tag : view.added) {
      if (!take_out(change.removed, tag)) change.added.push_back(tag);
    }
  }

  void write(const EventText& event) {
    connection_
        .query(
            "INSERT INTO events (stream, version, type, at, actor, body, hash) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)")
        .with(event.stream, event.version, event.type, event.at, event.actor, event.body,
              Blob{event.hash})
        .run();
  }

  void write(const ViewChange& change) {
    const ViewText& view = *change.last;
    upsert_view(connection_, view);
    for (const TagText& tag : change.removed) remove_tag(connection_, tag, view.id);
    for (const TagText& tag : change.added) insert_tag(connection_, tag, view.id);
  }

  void write_timer(const Pair& name, const std::optional<std::int64_t>& due) {
    if (!due) {
      if (new_streams_.contains(name.first)) return;  // the tables do not know it yet
      connection_.query("DELETE FROM timers WHERE stream = ? AND name = ?")
          .with(name.first, name.second)
          .run();
      return;
    }
    connection_
        .query(
            "INSERT INTO timers (stream, name, due) VALUES (?, ?, ?) "
            "ON CONFLICT DO UPDATE SET due = excluded.due")
        .with(name.first, name.second, *due)
        .run();
  }

  void write(const EffectText& effect) {
    connection_
        .query(
            "INSERT OR IGNORE INTO effects (id, stream, kind, payload, status, attempts, due, "
            "error) VALUES (?, ?, ?, ?, 0, 0, ?, '')")
        .with(effect.id, effect.stream, effect.kind, effect.payload, effect.due)
        .run();
  }

  void write(const RequestText& request) {
    connection_
        .query(
            "INSERT INTO requests (principal, key, fingerprint, status, answer, at) "
            "VALUES (?, ?, ?, ?, ?, ?)")
        .with(request.principal, request.key, request.fingerprint, request.status, request.answer,
              request.at)
        .run();
  }

  Connection& connection_;
  std::unordered_set<std::string_view> new_streams_;
  std::unordered_map<std::string_view, std::size_t> places_;  ///< of a view's id in `views_`
  std::vector<ViewChange> views_;
  std::map<Pair, std::optional<std::int64_t>> timers_;
};

}  // namespace

std::int64_t moved_into_tables(Connection& connection) {
  return connection.pragma("SELECT moved FROM journal");
}

void move_into_tables(Connection& connection,
                      std::span<const std::shared_ptr<const Batch>> batches) {
  const std::int64_t moved = moved_into_tables(connection);
  while (!batches.empty() && batches.front()->number <= moved) batches = batches.subspan(1);
  if (batches.empty()) return;
  if (batches.front()->number != moved + 1) {
    throw StoreFailure("commit " + std::to_string(moved + 1) + " is missing in the tables");
  }
  Move move(connection);
  for (const auto& batch : batches) {
    for (const CommitText& commit : batch->commits) move.take(commit);
  }
  move.finish();
  connection.query("UPDATE journal SET moved = ?").with(batches.back()->number).run();
}

void upsert_view(Connection& connection, const ViewText& view) {
  connection
      .query(
          "INSERT INTO views (id, kind, status, version, schema_version, updated_at, tags, doc, "
          "text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
          "kind = excluded.kind, status = excluded.status, version = excluded.version, "
          "schema_version = excluded.schema_version, updated_at = excluded.updated_at, "
          "tags = excluded.tags, doc = excluded.doc, text = excluded.text")
      .with(view.id, view.kind, view.status, view.version, view.schema_version, view.updated_at,
            view.tags, view.doc, view.text)
      .run();
}

void insert_tag(Connection& connection, const TagText& tag, std::string_view id) {
  connection.query("INSERT OR IGNORE INTO tags (key, value, rank, at, id) VALUES (?, ?, ?, ?, ?)")
      .with(tag.key, tag.value, tag.rank, tag.at, id)
      .run();
}

void remove_tag(Connection& connection, const TagText& tag, std::string_view id) {
  connection
      .query("DELETE FROM tags WHERE key = ? AND value = ? AND rank = ? AND at = ? AND id = ?")
      .with(tag.key, tag.value, tag.rank, tag.at, id)
      .run();
}

}  // namespace factory::storage
