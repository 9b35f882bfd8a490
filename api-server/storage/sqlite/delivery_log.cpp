#include "storage/sqlite/delivery_log.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace factory::storage {

namespace {

constexpr std::array<std::string_view, 4> kStatuses{"pending", "sending", "delivered", "dead"};
constexpr int kMostAttemptsShown = 100;

std::optional<Time> some_time(const Query& row, int column) {
  if (row.integer(column) == 0) return std::nullopt;
  return row.time(column);
}

std::int64_t number_of(const std::string& cursor) {
  if (cursor.empty()) return std::numeric_limits<std::int64_t>::max();
  std::int64_t number = 0;
  const char* const end = cursor.data() + cursor.size();
  const auto [stop, error] = std::from_chars(cursor.data(), end, number);
  if (error != std::errc{} || stop != end) {
    throw std::invalid_argument("it is not `next_cursor` of a page before");
  }
  return number;
}

}  // namespace

std::string_view name_of(DeliveryStatus status) {
  return kStatuses.at(static_cast<std::size_t>(status));
}

std::optional<DeliveryStatus> delivery_status(std::string_view name) {
  const auto* const found = std::find(kStatuses.begin(), kStatuses.end(), name);
  if (found == kStatuses.end()) return std::nullopt;
  return static_cast<DeliveryStatus>(found - kStatuses.begin());
}

bool is_held(Connection& connection, const std::string& webhook, Time now) {
  Query found = connection.query("SELECT hold_until FROM webhooks WHERE webhook = ?");
  return found.with(webhook).step() && found.time(0) > now;
}

Delivery read_delivery(const Query& row) {
  Delivery delivery;
  delivery.number = row.integer(0);
  delivery.id = row.text(1);
  delivery.webhook = row.text(2);
  delivery.parcel.type = row.text(3);
  delivery.parcel.entity = row.text(4);
  delivery.parcel.sequence = row.integer(5);
  delivery.parcel.position = row.integer(6);
  delivery.status = static_cast<DeliveryStatus>(row.integer(7));
  delivery.attempts = static_cast<int>(row.integer(8));
  delivery.due = row.time(9);
  delivery.created = row.time(10);
  delivery.first_attempt = some_time(row, 11);
  delivery.settled = some_time(row, 12);
  delivery.last_status = static_cast<int>(row.integer(13));
  delivery.error = row.text(14);
  delivery.parcel.id = row.text(15);
  delivery.tries = delivery.attempts - static_cast<int>(row.integer(16));
  return delivery;
}

DeliveryPage list_deliveries(Connection& connection, const DeliveryQuery& query) {
  static const std::string select =
      std::string("SELECT ") + kDeliveryColumns +
      " FROM deliveries d JOIN parcels p ON p.number = d.parcel WHERE d.webhook = ?";
  static const std::string of_all = select + " AND d.number < ? ORDER BY d.number DESC LIMIT ?";
  static const std::string of_status =
      select + " AND d.status = ? AND d.number < ? ORDER BY d.number DESC LIMIT ?";
  const std::int64_t before = number_of(query.cursor);
  Query found = connection.query(query.status ? of_status : of_all);
  if (query.status) {
    found.with(query.webhook, static_cast<int>(*query.status), before, query.limit + 1);
  } else {
    found.with(query.webhook, before, query.limit + 1);
  }
  DeliveryPage page;
  while (found.step()) {
    if (static_cast<int>(page.deliveries.size()) == query.limit) {
      page.next_cursor = std::to_string(page.deliveries.back().number);
      break;
    }
    page.deliveries.push_back(read_delivery(found));
  }
  return page;
}

std::vector<DeliveryAttempt> list_attempts(Connection& connection, std::int64_t delivery) {
  std::vector<DeliveryAttempt> attempts;
  Query found = connection.query(
      "SELECT attempt, at, took, status, request_headers, response_headers, response_body, error "
      "FROM attempts WHERE delivery = ? ORDER BY attempt DESC LIMIT ?");
  found.with(delivery, kMostAttemptsShown);
  while (found.step()) {
    attempts.push_back({static_cast<int>(found.integer(0)), found.time(1), Millis{found.integer(2)},
                        found.text(4), static_cast<int>(found.integer(3)), found.text(5),
                        found.text(6), found.text(7)});
  }
  std::reverse(attempts.begin(), attempts.end());
  return attempts;
}

DeliveryHealth read_health(Connection& connection, const std::string& webhook) {
  Query found =
      connection.query("SELECT failing_since, dead_in_row FROM webhooks WHERE webhook = ?");
  if (!found.with(webhook).step()) return {};
  return {some_time(found, 0), static_cast<int>(found.integer(1))};
}

}  // namespace factory::storage
