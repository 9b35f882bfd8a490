#pragma once

#include <memory>
#include <vector>

#include "engine/slice.hpp"

namespace factory {

/// Every slice of the house; a new one is added here. Immutable, thread-safe.
const std::vector<std::shared_ptr<const engine::Slice>>& all_slices();

}  // namespace factory
