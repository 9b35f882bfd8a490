#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "common/clock.hpp"
#include "common/result.hpp"

namespace factory::queries {

/// `invalid_request` that names a parameter of the query and why it is of no use.
Error bad_parameter(const std::string& name, const std::string& why);

/// The moment that a parameter names, if it is there: a time, or a day ("2026-02-01"), which is its
/// first moment in UTC.
Status read_moment(const nlohmann::json& query, const char* name, std::optional<Time>& time);

}  // namespace factory::queries
