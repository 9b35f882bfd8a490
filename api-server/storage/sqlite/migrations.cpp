#include "storage/sqlite/migrations.hpp"

#include <array>

namespace factory::storage {

namespace {

constexpr std::array kStoreMigrations = {
    static_cast<const char*>(
#include "storage/sqlite/migrations/0001_init.sql"
        ),
    static_cast<const char*>(
#include "storage/sqlite/migrations/0002_journal.sql"
        ),
};

/// In the header of the file: tells our databases from those of other programs.
constexpr std::int64_t kApplicationId = 0x41464354;

void check_owner(Connection& connection) {
  const std::int64_t owner = connection.pragma("PRAGMA application_id");
  const std::int64_t tables = connection.pragma("SELECT count(*) FROM sqlite_master");
  if (owner != kApplicationId && (owner != 0 || tables != 0)) {
    throw StoreFailure("the file is a database of another program");
  }
}

}  // namespace

std::span<const char* const> store_migrations() { return kStoreMigrations; }

void migrate(Connection& connection, std::span<const char* const> steps) {
  check_owner(connection);
  const auto known = static_cast<std::int64_t>(steps.size());
  std::int64_t version = connection.pragma("PRAGMA user_version");
  if (version > known) {
    throw StoreFailure("the store has version " + std::to_string(version) +
                       ", this program knows up to " + std::to_string(known) +
                       ": use the newer program that wrote it");
  }
  while (version < known) {
    Transaction transaction(connection);
    // Read again under the lock: another process may have been faster.
    version = connection.pragma("PRAGMA user_version");
    if (version >= known) break;
    connection.run(steps[static_cast<std::size_t>(version)]);
    connection.run(("PRAGMA application_id=" + std::to_string(kApplicationId)).c_str());
    connection.run(("PRAGMA user_version=" + std::to_string(++version)).c_str());
    transaction.commit();
  }
}

}  // namespace factory::storage
