#pragma once

#include <string>

#include "storage/deliveries.hpp"
#include "storage/sqlite/connection.hpp"

/// How deliveries go, inside a transaction of the caller's.
namespace factory::storage {

/// All that a webhook has.
void forget_deliveries(Connection& connection, const std::string& webhook);
/// Up to `limit` that came to `status` before a moment, the oldest first; how many.
int remove_settled(Connection& connection, DeliveryStatus status, Time before, int limit);

}  // namespace factory::storage
