#include <SQLiteCpp/Backup.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "storage/sqlite/sqlite_store.hpp"
#include "storage/sqlite/tables.hpp"
#include "storage/sqlite/tag_list.hpp"

namespace factory::storage {

namespace {

/// Rows of a purge between which commits get their turn.
constexpr int kPurgeAtATime = 500;

Seal read_seal(const Query& row) { return {row.integer(0), row.hash(1), row.text(2), row.time(3)}; }

/// The numbers of requests are in order of time, so that the first ones are the oldest.
int purge_some(Connection& connection, Time before) {
  const int requests = connection
                           .query(
                               "DELETE FROM requests WHERE at < ? AND number IN "
                               "(SELECT number FROM requests ORDER BY number LIMIT ?)")
                           .with(before, kPurgeAtATime)
                           .run();
  int effects = 0;
  for (const int status : {2, 3}) {
    effects += connection
                   .query(
                       "DELETE FROM effects WHERE number IN (SELECT number FROM effects "
                       "WHERE status = ? AND due < ? ORDER BY due LIMIT ?)")
                   .with(status, before, kPurgeAtATime)
                   .run();
  }
  return requests + effects;
}

void make_new_file(const std::string& file) {
  const int made = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (made < 0) throw StoreFailure("backup to " + file + ": " + std::strerror(errno));
  ::close(made);
}

void copy_all(Connection& from, const std::string& file) {
  SQLite::Database to(file, SQLite::OPEN_READWRITE);
  SQLite::Backup backup(to, from.database());
  // One step, one read transaction: writers go on, the copy is of one moment.
  if (backup.executeStep(-1) != SQLITE_DONE) throw StoreFailure("backup to " + file + ": busy");
}

/// The copy gets bytes of its own for its journal: files that lie about where it is restored are
/// not taken for its own.
void make_another_store(const std::string& file) {
  Connection copy(file, Connection::Access::write);
  copy.run("UPDATE journal SET store = randomblob(16)");
}

}  // namespace

void SqliteStore::put_seal(const Seal& seal) {
  writing("put seal", [&](Writer& writer) {
    writer.durably([&](Connection& connection) {
      connection
          .query(
              "INSERT OR REPLACE INTO seals (position, digest, signature, at) "
              "VALUES (?, ?, ?, ?)")
          .with(seal.position, seal.digest, seal.signature, seal.at)
          .run();
    });
  });
}

std::optional<Seal> SqliteStore::last_seal() {
  return reading("last seal", [](Connection& connection) -> std::optional<Seal> {
    Query last = connection.query(
        "SELECT position, digest, signature, at FROM seals ORDER BY position DESC LIMIT 1");
    if (!last.step()) return std::nullopt;
    return read_seal(last);
  });
}

std::vector<Seal> SqliteStore::seals(std::int64_t after, int limit) {
  return reading("seals", [&](Connection& connection) {
    std::vector<Seal> seals;
    Query rows = connection.query(
        "SELECT position, digest, signature, at FROM seals WHERE position > ? "
        "ORDER BY position LIMIT ?");
    rows.with(after, limit);
    while (rows.step()) seals.push_back(read_seal(rows));
    return seals;
  });
}

void SqliteStore::purge(Time before) {
  int purged = 0;
  do {
    writing("purge", [&](Writer& writer) {
      writer.lazily([&](Connection& connection) { purged = purge_some(connection, before); });
    });
  } while (purged > 0);
}

void SqliteStore::replace_views(const std::function<std::optional<ViewRow>()>& next) {
  writing("replace views", [&](Writer& writer) {
    writer.durably([&](Connection& connection) {
      connection.run("DELETE FROM tags; DELETE FROM views;");
      while (const std::optional<ViewRow> row = next()) {
        upsert_view(connection, text_of(*row, encode_tags(row->tags)));
        for (const Tag& tag : row->tags) insert_tag(connection, text_of(tag), row->id);
      }
    });
  });
}

void SqliteStore::backup(const std::string& file) {
  make_new_file(file);
  try {
    reading("backup", [&](Connection& connection) {
      copy_all(connection, file);
      make_another_store(file);
    });
  } catch (...) {
    std::error_code ignored;
    std::filesystem::remove(file, ignored);
    throw;
  }
}

}  // namespace factory::storage
