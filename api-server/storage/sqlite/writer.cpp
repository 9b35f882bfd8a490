#include "storage/sqlite/writer.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <set>
#include <utility>

#include "storage/sqlite/migrations.hpp"
#include "storage/sqlite/tag_list.hpp"

namespace factory::storage {

namespace {

bool is_constraint(const SQLite::Exception& error) {
  return (error.getErrorCode() & 0xff) == SQLITE_CONSTRAINT;
}

void set_up(Connection& connection) {
  // Before the first table; the checkpointer reckons with pages of this size.
  connection.run("PRAGMA page_size=4096");
  connection.run("PRAGMA auto_vacuum=NONE");
  connection.run("PRAGMA secure_delete=OFF");  // Debian builds SQLite with this on
  if (connection.text("PRAGMA journal_mode=WAL") != "wal") {
    throw StoreFailure("the file system cannot share memory between readers and a writer (WAL)");
  }
  connection.run("PRAGMA synchronous=FULL");
  connection.run("PRAGMA wal_autocheckpoint=0");
  connection.run("PRAGMA journal_size_limit=268435456");
  connection.run("PRAGMA cache_size=-16000");
  connection.run("PRAGMA temp_store=MEMORY");
}

}  // namespace

Writer::Writer(const std::string& file) : connection_(file, Connection::Access::write) {
  set_up(connection_);
  migrate(connection_, store_migrations());
}

void Writer::watch(Checkpointer& checkpointer) {
  sqlite3_wal_hook(
      connection_.database().getHandle(),
      [](void* watcher, sqlite3*, const char*, int frames) {
        static_cast<Checkpointer*>(watcher)->grown(frames);
        return SQLITE_OK;
      },
      &checkpointer);
}

std::vector<CommitOutcome> Writer::commit(std::span<const Commit> batch) {
  try {
    return commit_together(batch);
  } catch (const SQLite::Exception& error) {
    if (!is_constraint(error)) throw;
  }
  // What was remembered did not hold: somebody else wrote to the file. Nothing of the batch stands;
  // each commit is looked at again for itself.
  std::vector<CommitOutcome> outcomes;
  for (const Commit& commit : batch) {
    heads_.clear();
    outcomes.push_back(commit_together({&commit, 1}).front());
  }
  return outcomes;
}

std::vector<CommitOutcome> Writer::commit_together(std::span<const Commit> batch) {
  std::vector<CommitOutcome> outcomes;
  outcomes.reserve(batch.size());
  try {
    Transaction transaction(connection_);
    for (const Commit& commit : batch) outcomes.push_back(write(commit));
    const bool any =
        std::find(outcomes.begin(), outcomes.end(), CommitOutcome::committed) != outcomes.end();
    if (any) finish(transaction);
  } catch (...) {
    heads_.clear();  // they know of versions that were rolled back
    throw;
  }
  return outcomes;
}

void Writer::finish(Transaction& transaction) {
  if (flush_failed_)
    throw StoreFailure("commit: an earlier flush failed; the store must be reopened");
  flush_failed_ = true;  // until it is known better
  transaction.commit();
  flush_failed_ = false;
}

void Writer::durably(const std::function<void(Connection&)>& work) {
  Transaction transaction(connection_);
  work(connection_);
  finish(transaction);
}

void Writer::lazily(const std::function<void(Connection&)>& work) {
  connection_.run("PRAGMA synchronous=NORMAL");
  try {
    durably(work);
  } catch (...) {
    connection_.run("PRAGMA synchronous=FULL");
    throw;
  }
  connection_.run("PRAGMA synchronous=FULL");
}

CommitOutcome Writer::write(const Commit& commit) {
  const bool stands = versions_stand(commit);
  if (!stands || is_taken(commit)) {
    // A repeated request fails at what it wrote itself: it is told so.
    const bool repeated = commit.request && request_exists(*commit.request);
    if (repeated) return CommitOutcome::request_exists;
    return stands ? CommitOutcome::taken : CommitOutcome::conflict;
  }
  if (commit.request && !insert_request(*commit.request)) return CommitOutcome::request_exists;
  for (const Append& append : commit.appends) write_events(append);
  for (const ViewWrite& view : commit.views) write_view(view);
  for (const TimerWrite& timer : commit.timers) write_timer(timer);
  for (const EffectWrite& effect : commit.effects) write_effect(effect);
  return CommitOutcome::committed;
}

bool Writer::versions_stand(const Commit& commit) {
  const auto& appends = commit.appends;
  for (auto append = appends.begin(); append != appends.end(); ++append) {
    // A stream may be appended to twice in one commit: then the first time gives the version.
    auto earlier = append;
    while (earlier != appends.begin() && (--earlier)->stream != append->stream) {
    }
    const bool twice = earlier != append && earlier->stream == append->stream;
    const bool stands =
        twice ? append->expected_version ==
                    earlier->expected_version + static_cast<std::int64_t>(earlier->events.size())
              : version_stands(append->stream, append->expected_version);
    if (!stands) return false;
  }
  return true;
}

/// Looked up, as nobody else writes: an index of its own would be one tree more for every command.
bool Writer::is_taken(const Commit& commit) {
  std::set<std::pair<std::string, std::string>> wanted;
  for (const ViewWrite& view : commit.views) {
    for (const Tag& tag : view.added) {
      if (!tag.unique) continue;
      if (!wanted.emplace(tag.key, tag.value).second) return true;
      Query other =
          connection_.query("SELECT 1 FROM tags WHERE key = ? AND value = ? AND id <> ? LIMIT 1");
      if (other.with(tag.key, tag.value, view.row.id).step()) return true;
    }
  }
  return false;
}

bool Writer::version_stands(const std::string& stream, std::int64_t expected) {
  if (heads_.find(stream) == expected) return true;
  Query head = connection_.query(
      "SELECT version FROM events WHERE stream = ? ORDER BY version DESC LIMIT 1");
  const std::int64_t version = head.with(stream).step() ? head.integer(0) : 0;
  return version == expected;
}

bool Writer::request_exists(const RequestRecord& request) {
  return connection_.query("SELECT 1 FROM requests WHERE principal = ? AND key = ?")
      .with(request.principal, request.key)
      .step();
}

bool Writer::insert_request(const RequestRecord& request) {
  return connection_
             .query(
                 "INSERT OR IGNORE INTO requests (principal, key, fingerprint, status, answer, at) "
                 "VALUES (?, ?, ?, ?, ?, ?)")
             .with(request.principal, request.key, request.fingerprint, request.status,
                   request.answer, request.at)
             .run() == 1;
}

void Writer::write_events(const Append& append) {
  std::int64_t version = append.expected_version;
  for (const EventRecord& event : append.events) {
    connection_
        .query(
            "INSERT INTO events (stream, version, type, at, actor, body, hash) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)")
        .with(append.stream, ++version, event.type, event.at, event.actor, event.body, event.hash)
        .run();
  }
  heads_.put(append.stream, version);
}

void Writer::write_view(const ViewWrite& view) {
  upsert_view(connection_, view.row);
  for (const Tag& tag : view.removed) {
    connection_
        .query("DELETE FROM tags WHERE key = ? AND value = ? AND rank = ? AND at = ? AND id = ?")
        .with(tag.key, tag.value, tag.rank, tag.at, view.row.id)
        .run();
  }
  for (const Tag& tag : view.added) insert_tag(connection_, tag, view.row.id);
}

void Writer::write_timer(const TimerWrite& timer) {
  if (!timer.due) {
    connection_.query("DELETE FROM timers WHERE stream = ? AND name = ?")
        .with(timer.stream, timer.name)
        .run();
    return;
  }
  connection_
      .query(
          "INSERT INTO timers (stream, name, due) VALUES (?, ?, ?) "
          "ON CONFLICT DO UPDATE SET due = excluded.due")
      .with(timer.stream, timer.name, *timer.due)
      .run();
}

void Writer::write_effect(const EffectWrite& effect) {
  connection_
      .query(
          "INSERT OR IGNORE INTO effects (id, stream, kind, payload, status, attempts, due, error) "
          "VALUES (?, ?, ?, ?, 0, 0, ?, '')")
      .with(effect.id, effect.stream, effect.kind, effect.payload, effect.due)
      .run();
}

void upsert_view(Connection& connection, const ViewRow& row) {
  const std::string tags = encode_tags(row.tags);
  connection
      .query(
          "INSERT INTO views (id, kind, status, version, schema_version, updated_at, tags, doc, "
          "text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
          "kind = excluded.kind, status = excluded.status, version = excluded.version, "
          "schema_version = excluded.schema_version, updated_at = excluded.updated_at, "
          "tags = excluded.tags, doc = excluded.doc, text = excluded.text")
      .with(row.id, row.kind, row.status, row.version, row.schema_version, row.updated_at, tags,
            row.doc, row.text)
      .run();
}

void insert_tag(Connection& connection, const Tag& tag, const std::string& id) {
  connection.query("INSERT OR IGNORE INTO tags (key, value, rank, at, id) VALUES (?, ?, ?, ?, ?)")
      .with(tag.key, tag.value, tag.rank, tag.at, id)
      .run();
}

}  // namespace factory::storage
