#pragma once

#include "tests/sim/world.hpp"

namespace factory::sim {

/// What must hold whatever happened, as sentences about what does not. Reads the real store.
std::vector<std::string> broken_invariants(World& world);

/// What of these calls' outcomes does not fit what the store holds: the acknowledged must be there,
/// the refused not at all, the unknown wholly or not at all.
std::vector<std::string> broken_promises(World& world, const std::vector<Sent>& calls);

}  // namespace factory::sim
