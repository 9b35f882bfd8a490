#pragma once

#include <vector>

#include "engine/runner.hpp"

namespace factory::flows {

/// A comment that carries a decision votes at its gate, in the same commit: if the vote is refused,
/// nothing was said either. Pure.
void follow_comment(const engine::Happened& happened, std::vector<engine::Command>& follow_ups);

}  // namespace factory::flows
