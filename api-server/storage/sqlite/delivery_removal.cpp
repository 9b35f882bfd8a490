#include "storage/sqlite/delivery_removal.hpp"

#include <vector>

namespace factory::storage {

namespace {

struct Row {
  std::int64_t number = 0;
  std::int64_t parcel = 0;
};

std::vector<Row> rows_of(Query& query) {
  std::vector<Row> rows;
  while (query.step()) rows.push_back({query.integer(0), query.integer(1)});
  return rows;
}

/// A parcel goes with the last delivery of it.
void remove(Connection& connection, const Row& row) {
  connection.query("DELETE FROM attempts WHERE delivery = ?").with(row.number).run();
  connection.query("DELETE FROM deliveries WHERE number = ?").with(row.number).run();
  connection
      .query(
          "DELETE FROM parcels WHERE number = ? AND NOT EXISTS "
          "(SELECT 1 FROM deliveries WHERE parcel = parcels.number)")
      .with(row.parcel)
      .run();
}

}  // namespace

void forget_deliveries(Connection& connection, const std::string& webhook) {
  std::vector<Row> rows;
  {
    Query all = connection.query("SELECT number, parcel FROM deliveries WHERE webhook = ?");
    rows = rows_of(all.with(webhook));
  }
  for (const Row& row : rows) remove(connection, row);
}

int remove_settled(Connection& connection, DeliveryStatus status, Time before, int limit) {
  std::vector<Row> rows;
  {
    Query old = connection.query(
        "SELECT number, parcel FROM deliveries WHERE status = ? AND status >= 2 AND settled < ? "
        "ORDER BY settled LIMIT ?");
    rows = rows_of(old.with(static_cast<int>(status), before, limit));
  }
  for (const Row& row : rows) remove(connection, row);
  return static_cast<int>(rows.size());
}

}  // namespace factory::storage
