#pragma once

#include <vector>

#include "engine/runner.hpp"

namespace factory::flows {

/// A session begins or goes on only if its user may sign in: in the same commit.
void follow_session(const engine::Happened& happened, std::vector<engine::Command>& follow_ups);

}  // namespace factory::flows
