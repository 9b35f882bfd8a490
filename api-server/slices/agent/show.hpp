#pragma once

#include <nlohmann/json_fwd.hpp>

#include "http/services.hpp"
#include "slices/agent/leases.hpp"

namespace factory::agent {

/// The document of an agent with what the clock and its lease say now: `status`, `health`,
/// `lease_expires_at`, and the `metrics` that it sent last.
void complete(nlohmann::json& doc, const Leases& leases, Time now);

/// The view of the agent that the path names, also of one that was deregistered.
Result<storage::ViewRow> find(const Services& services, const http::Request& request);

}  // namespace factory::agent
