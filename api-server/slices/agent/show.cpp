#include "slices/agent/show.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

namespace factory::agent {
namespace {

using nlohmann::json;

json time_or_null(const std::optional<Time>& time) {
  return time ? json(format_time(*time)) : json(nullptr);
}

double error_rate(const Ended& ended) {
  const std::int64_t all = ended.done + ended.failed;
  if (all == 0) return 0;
  return std::round(static_cast<double>(ended.failed) * 10'000 / static_cast<double>(all)) / 10'000;
}

}  // namespace

void complete(json& doc, const Leases& leases, Time now) {
  const Leases::Look look = leases.look(doc.at("id"), now);
  const std::string stored = doc.at("status");
  if (stored != name_of(Status::deregistered) && !look.online) {
    doc["status"] = name_of(Status::offline);
  }
  doc["health"] = {{"uptime_seconds", look.uptime_seconds},
                   {"tasks_completed_24h", look.ended.done},
                   {"error_rate", error_rate(look.ended)},
                   {"last_heartbeat", time_or_null(look.last_heartbeat)}};
  doc["lease_expires_at"] = time_or_null(look.until);
  if (!look.metrics.empty()) doc["metrics"] = json::parse(look.metrics);
}

Result<storage::ViewRow> find(const Services& services, const http::Request& request) {
  const std::string& id = request.path.at("agent_id");
  auto row = services.store.get_view(id);
  if (row && row->kind == Definition::kind) return std::move(*row);
  return missing(id);
}

}  // namespace factory::agent
