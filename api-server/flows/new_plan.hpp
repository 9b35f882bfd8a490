#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "common/result.hpp"
#include "domain/plan.hpp"

namespace factory::pipeline_template {
class Book;
}

namespace factory::flows {

/// The plan that a new pipeline gets: the template of this name with these parameters (null:
/// none). `unprocessable` for an unknown template, `invalid_request` for parameters that do not
/// fit; the fields are /template and /parameters/…. Thread-safe.
Result<std::shared_ptr<const Plan>> plan_for(const pipeline_template::Book& templates,
                                             const std::string& name,
                                             const nlohmann::json& parameters);

}  // namespace factory::flows
