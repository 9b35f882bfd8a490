#pragma once

#include <nlohmann/json_fwd.hpp>

#include "slices/report/events.hpp"

namespace factory::report {

/// A file of schemas/review/, whose form a test holds to schemas/meta/review.json. Throws
/// std::exception for any other.
ReviewPlan read_plan(const nlohmann::json& file);

}  // namespace factory::report
