#pragma once

#include <string>
#include <vector>

#include "slices/pipeline/pipeline.hpp"

/// What the parts of decide share.
namespace factory::pipeline {

using Decided = Result<Decision<Event>>;

Error conflict(std::string detail, std::string hint = {});
std::string current_name(const State& state);

/// Why nothing moves in this status; ok while work can be reported and things can change.
factory::Status check_running(const State& state);

/// `conflict` that names the approval and the task.
Error waits_at_gate(const State& state);

/// The index of the stage, or `invalid_request` that lists the stages.
Result<int> known_stage(const State& state, const std::string& name, const std::string& pointer);

/// `checks_failed` with each check that does not hold.
Error unmet(const State& state, const std::string& stage, const std::vector<std::string>& failing);

// What concerns gates (decide_gate.cpp).
Decided decide_on(const State& state, const Retry& command, const Ctx& ctx);
Decided decide_on(const State& state, const GateApproved& command, const Ctx& ctx);
Decided decide_on(const State& state, const GateRejected& command, const Ctx& ctx);
Decided decide_on(const State& state, const GateReopened& command, const Ctx& ctx);

}  // namespace factory::pipeline
