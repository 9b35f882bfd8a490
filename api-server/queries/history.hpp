#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/slice.hpp"
#include "storage/store.hpp"

namespace factory::queries {

using Slices = std::vector<std::shared_ptr<const engine::Slice>>;

/// What differs between two documents, by the path of the place ("status", "stages/3/status"):
/// {path: {"from": …, "to": …}}, with null for what is absent. The times that every change moves
/// are left out. At most 20 places; long values are cut.
nlohmann::json difference(const nlohmann::json& before, const nlohmann::json& after);

/// For each of these versions of a stream, what its event changed in the document that reads show.
/// Folds the stream once. A version past the first 1,000, or one of a stream that no slice knows,
/// gets null: what it would cost to know is not bounded.
std::map<std::int64_t, nlohmann::json> changes_of(storage::Store& store, const Slices& slices,
                                                  const std::string& stream,
                                                  const std::vector<std::int64_t>& versions);

}  // namespace factory::queries
