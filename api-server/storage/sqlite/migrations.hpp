#pragma once

#include <span>

#include "storage/sqlite/connection.hpp"

namespace factory::storage {

/// The steps from an empty database to today's. Step n leads from user_version n-1 to n.
std::span<const char* const> store_migrations();

/// Brings the database to the last step, each in a transaction of its own. Throws StoreFailure if
/// it is of a newer version than these steps, or is another program's database.
void migrate(Connection& connection, std::span<const char* const> steps);

}  // namespace factory::storage
