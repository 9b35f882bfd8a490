#include "storage/open.hpp"
#include "storage/sqlite/sqlite_store.hpp"

namespace factory::storage {

SqliteStore::SqliteStore(const std::string& file, WalLimits limits)
    : scratch_(file == ":memory:" ? std::make_unique<ScratchFolder>() : nullptr),
      file_(scratch_ ? scratch_->file("store.db") : file),
      writer_(file_),
      readers_(file_),
      checkpointer_(file_, turn_, limits) {
  writer_.watch(checkpointer_);
}

std::vector<CommitOutcome> SqliteStore::commit(std::span<const Commit> batch) {
  if (batch.empty()) return {};
  return writing("commit", [&](Writer& writer) { return writer.commit(batch); });
}

std::optional<RequestRecord> SqliteStore::find_request(const std::string& principal,
                                                       const std::string& key) {
  return reading("find request", [&](Connection& connection) -> std::optional<RequestRecord> {
    Query found = connection.query(
        "SELECT fingerprint, status, answer, at FROM requests WHERE principal = ? AND key = ?");
    if (!found.with(principal, key).step()) return std::nullopt;
    return RequestRecord{principal,     key,
                         found.text(0), static_cast<int>(found.integer(1)),
                         found.text(2), found.time(3)};
  });
}

std::unique_ptr<Store> open_sqlite(const std::string& file) {
  try {
    // What exists only until the process ends needs neither a flush nor room to make it faster.
    WalLimits limits;
    if (file == ":memory:") limits.fill_ahead = 0;
    return std::make_unique<SqliteStore>(file, limits);
  } catch (const SQLite::Exception& error) {
    throw failure("open " + file, error);
  }
}

}  // namespace factory::storage
