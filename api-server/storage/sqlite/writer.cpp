#include "storage/sqlite/writer.hpp"

#include <sqlite3.h>

#include "storage/sqlite/migrations.hpp"
#include "storage/sqlite/tables.hpp"

namespace factory::storage {

namespace {

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

void Writer::move(std::span<const std::shared_ptr<const Batch>> batches) {
  durably([&](Connection& connection) { move_into_tables(connection, batches); });
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

}  // namespace factory::storage
