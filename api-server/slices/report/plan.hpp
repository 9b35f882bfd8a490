#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "common/catalog.hpp"
#include "slices/report/events.hpp"

namespace factory::report {

/// A file of the form of schemas/defs/review.json. Throws std::exception for any other.
ReviewPlan read_plan(const nlohmann::json& file);

/// How reports are reviewed: by `review/golive.json` of the data folder if there is one, else by
/// the file of that name that is compiled in. Throws std::runtime_error that says what is wrong
/// with the folder's file: who decides is nothing to guess.
ReviewPlan load_plan(const Catalog& catalog, const std::string& data);

}  // namespace factory::report
