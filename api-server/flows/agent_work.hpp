#pragma once

#include <vector>

#include "engine/runner.hpp"

namespace factory::flows {

/// What agents hold, kept true in the same commit: an agent learns of work that it took and of what
/// became of it, and what it held when it went away waits for somebody again. Pure. Part of
/// follow().
void follow_agent_work(const engine::Happened& happened, std::vector<engine::Command>& follow_ups);

}  // namespace factory::flows
