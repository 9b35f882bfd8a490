#pragma once

#include <nlohmann/json.hpp>

namespace factory::engine {

/// An event's data as it may be shown to whoever may read the trail: without hashes and sealed
/// secrets, and with members of more than 1,000 bytes cut to an excerpt. Pure.
nlohmann::json public_data(nlohmann::json data);

}  // namespace factory::engine
