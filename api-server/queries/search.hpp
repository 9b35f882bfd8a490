#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "http/services.hpp"

namespace factory::queries {

/// {"results":[{id, type, title, snippet}], "indexed_through", "behind", "summary"}: what holds all
/// the words, the newest of it, best first. The index follows the log: `behind` says how many
/// events it has not read yet. `types` are public names (pipeline, task, approval …); empty: all.
nlohmann::json search(const Services& services, const std::string& words,
                      const std::vector<std::string>& types, int limit);

/// The public name of a slice's kind ("approval" for "gate") and back.
std::string public_type(const std::string& kind);
std::string kind_of_type(const std::string& type);

}  // namespace factory::queries
