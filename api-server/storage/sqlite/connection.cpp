#include "storage/sqlite/connection.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>

namespace factory::storage {

namespace {

constexpr int kBusyMilliseconds = 5000;

/// Memory statistics cost a global lock around every allocation of every connection. SQLite takes
/// this setting only before its first use; later it is refused, which harms nothing.
void leave_out_memory_statistics() {
  [[maybe_unused]] static const int answer = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

/// SQLite gives -wal and -shm the mode of the file itself, so that it is enough to make that 0600.
/// A file that is there is not opened here: closing it would drop the locks of this process on it.
const std::string& made(const std::string& file, Connection::Access access) {
  leave_out_memory_statistics();
  if (access == Connection::Access::write) {
    const int made = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (made >= 0) ::close(made);  // if it could not be made, SQLite says why
  }
  return file;
}

int open_flags(Connection::Access access) {
  const int mode =
      access == Connection::Access::read ? SQLite::OPEN_READONLY : SQLite::OPEN_READWRITE;
  return mode | SQLite::OPEN_NOMUTEX;
}

}  // namespace

int Query::run() {
  const int changed = statement_.exec();
  statement_.reset();
  return changed;
}

std::int64_t Query::integer(int column) const { return statement_.getColumn(column).getInt64(); }

std::string Query::text(int column) const { return statement_.getColumn(column).getString(); }

Hash Query::hash(int column) const {
  const SQLite::Column value = statement_.getColumn(column);
  Hash hash{};
  if (value.getBytes() != static_cast<int>(hash.size())) {
    throw StoreFailure("a stored hash is damaged");
  }
  const auto* bytes = static_cast<const unsigned char*>(value.getBlob());
  std::copy(bytes, bytes + hash.size(), hash.begin());
  return hash;
}

Connection::Connection(const std::string& file, Access access)
    : database_(made(file, access), open_flags(access), kBusyMilliseconds) {}

Query Connection::query(std::string_view sql) {
  auto found = statements_.find(sql);
  if (found == statements_.end()) {
    std::string text(sql);
    found = statements_.try_emplace(text, database_, text).first;
  }
  return Query(found->second);
}

Snapshot::~Snapshot() { connection_.database().tryExec("ROLLBACK"); }

Transaction::~Transaction() {
  if (open_) connection_.database().tryExec("ROLLBACK");
}

void Transaction::commit() {
  connection_.query("COMMIT").run();
  open_ = false;
}

StoreFailure failure(std::string_view doing, const SQLite::Exception& error) {
  return StoreFailure(std::string(doing) + ": " + error.what() + " (SQLite " +
                      std::to_string(error.getExtendedErrorCode()) + ")");
}

}  // namespace factory::storage
