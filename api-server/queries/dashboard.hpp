#pragma once

#include <nlohmann/json_fwd.hpp>

#include "http/services.hpp"

namespace factory::queries {

/// The factory at a glance (schemas/defs/dashboard.json): pipelines by status and stage, the queue,
/// the five most urgent blockers. Read from indexes with bounded counts.
nlohmann::json dashboard(const Services& services);

}  // namespace factory::queries
