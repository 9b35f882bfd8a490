#pragma once

#include <vector>

#include "engine/runner.hpp"

namespace factory::flows {

/// What one slice's event makes another do, in the same commit: a gate opens a task, an approval
/// lets its pipeline go on, a pause stops clocks, an agent that went away frees its work. Pure.
void follow(const engine::Happened& happened, std::vector<engine::Command>& follow_ups);

}  // namespace factory::flows
