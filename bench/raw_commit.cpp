#include "bench/raw_commit.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <stdexcept>
#include <vector>

#include "bench/process.hpp"
#include "storage/open.hpp"

namespace factory::bench {

namespace {

struct EventRow {
  std::string stream, type, actor, body, hash;
  std::int64_t version = 0;
};

/// What one approval writes: its events, the documents of three streams, the index entries that go
/// and the timers that are cancelled.
struct Rows {
  std::vector<EventRow> events;
  std::vector<std::string> streams;
  std::string doc;
  int tags = 0;
  int timers = 0;
};

Rows rows_of_one_approval(const std::string& store) {
  SQLite::Database db(store, SQLite::OPEN_READONLY);
  SQLite::Statement last(db, "SELECT max(at) FROM events WHERE type = 'approval.approved'");
  if (!last.executeStep()) throw std::runtime_error("no approval in the store");
  const std::int64_t at = last.getColumn(0).getInt64();
  SQLite::Statement found(db,
                          "SELECT stream, version, type, actor, body, hash FROM events WHERE "
                          "position >= (SELECT min(position) FROM events WHERE at = ? AND type = "
                          "'approval.voted') ORDER BY position");
  found.bind(1, at);
  Rows rows;
  while (found.executeStep()) {
    rows.events.push_back({found.getColumn(0), found.getColumn(2), found.getColumn(3),
                           found.getColumn(4), found.getColumn(5), found.getColumn(1).getInt64()});
    if (rows.events.back().type == "pipeline.completed") break;
  }
  SQLite::Statement doc(db, "SELECT doc FROM views WHERE kind = 'pipeline' LIMIT 1");
  if (doc.executeStep()) rows.doc = doc.getColumn(0).getString();
  rows.tags = 8;
  rows.timers = 4;
  return rows;
}

/// The statements of the store's writer, without anything around them.
class RawWriter {
 public:
  explicit RawWriter(const std::string& file)
      : db_(file, SQLite::OPEN_READWRITE),
        event_(prepare("INSERT INTO events(stream,version,type,at,actor,body,hash) "
                       "VALUES(?,?,?,?,?,?,?)")),
        view_(prepare("INSERT INTO views(id,kind,status,version,schema_version,updated_at,tags,"
                      "doc,text) VALUES(?,'task','open',1,1,?,'[]',?,'') ON CONFLICT(id) DO "
                      "UPDATE SET status='done', doc=excluded.doc, version=2")),
        add_tag_(prepare("INSERT INTO tags VALUES(?,?,1,?,?)")),
        remove_tag_(prepare("DELETE FROM tags WHERE key=? AND value=? AND rank=1 AND at=? AND "
                            "id=?")),
        add_timer_(prepare("INSERT INTO timers VALUES(?,?,?)")),
        remove_timer_(prepare("DELETE FROM timers WHERE stream=? AND name=?")) {
    db_.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=4000;");
  }

  void begin() { db_.exec("BEGIN IMMEDIATE"); }
  void commit() { db_.exec("COMMIT"); }

  /// What stood before the decision: not measured.
  void prepare_one(const Rows& rows, int number) {
    for (int i = 0; i < 3; ++i) run(view_, id(number, i), number, rows.doc);
    for (int i = 0; i < rows.tags; ++i) {
      run(add_tag_, "task.open." + std::to_string(i), id(number, 0), number, id(number, 1));
    }
    for (int i = 0; i < rows.timers; ++i) {
      run(add_timer_, id(number, 1), "timer" + std::to_string(i), number);
    }
  }

  void decide_one(const Rows& rows, int number) {
    for (std::size_t i = 0; i < rows.events.size(); ++i) {
      const EventRow& event = rows.events[i];
      run(event_, id(number, static_cast<int>(i % 3)), static_cast<int>(10 + i), event.type, number,
          event.actor, event.body, event.hash);
    }
    for (int i = 0; i < 3; ++i) run(view_, id(number, i), number, rows.doc);
    for (int i = 0; i < rows.tags; ++i) {
      run(remove_tag_, "task.open." + std::to_string(i), id(number, 0), number, id(number, 1));
    }
    for (int i = 0; i < rows.timers; ++i) {
      run(remove_timer_, id(number, 1), "timer" + std::to_string(i));
    }
  }

 private:
  SQLite::Statement prepare(const char* sql) { return SQLite::Statement(db_, sql); }
  static std::string id(int number, int part) {
    return "task_01a1f7f2-7673-7cfa-bf58-" + std::to_string(100'000'000 + number) +
           std::to_string(part);
  }
  template <class... Values>
  static void run(SQLite::Statement& statement, const Values&... values) {
    int at = 0;
    (statement.bind(++at, values), ...);
    statement.exec();
    statement.reset();
  }

  SQLite::Database db_;
  SQLite::Statement event_, view_, add_tag_, remove_tag_, add_timer_, remove_timer_;
};

}  // namespace

double raw_commits_per_second(const std::string& store, const std::string& folder, int batch,
                              int decisions) {
  const Rows rows = rows_of_one_approval(store);
  const std::string file = folder + "/raw-" + std::to_string(batch) + ".db";
  storage::open_sqlite(file).reset();  // the same tables
  RawWriter writer(file);
  writer.begin();
  for (int i = 0; i < decisions; ++i) writer.prepare_one(rows, i);
  writer.commit();
  const auto from = Clock::now();
  for (int i = 0; i < decisions;) {
    writer.begin();
    for (int in_batch = 0; in_batch < batch && i < decisions; ++in_batch, ++i) {
      writer.decide_one(rows, i);
    }
    writer.commit();
  }
  return decisions * 1000.0 / milliseconds_since(from);
}

}  // namespace factory::bench
