#pragma once

#include <vector>

#include "storage/deliveries.hpp"
#include "storage/sqlite/connection.hpp"

/// What is read of the deliveries, on a connection of whoever reads.
namespace factory::storage {

/// The columns that read_delivery() reads, in its order, of `deliveries` as d and `parcels` as p.
inline constexpr const char* kDeliveryColumns =
    "d.number, d.id, d.webhook, d.type, d.entity, d.sequence, d.position, d.status, d.attempts, "
    "d.due, d.created, d.first_attempt, d.settled, d.last_status, d.error, p.id, "
    "d.earlier";

/// The row at which the query stands.
Delivery read_delivery(const Query& row);

/// Whether nothing may be sent to a webhook for now.
bool is_held(Connection& connection, const std::string& webhook, Time now);

/// Throws std::invalid_argument for a cursor that is none.
DeliveryPage list_deliveries(Connection& connection, const DeliveryQuery& query);
std::vector<DeliveryAttempt> list_attempts(Connection& connection, std::int64_t delivery);
DeliveryHealth read_health(Connection& connection, const std::string& webhook);

}  // namespace factory::storage
