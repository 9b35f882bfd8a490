#pragma once

#include <vector>

#include "engine/runner.hpp"

/// A go-live report and its gate: submitting opens the gate and its task, the gate's decision is
/// the report's status, whichever way it came. Pure.
namespace factory::flows {

/// For events of a report.
void follow_report(const engine::Happened& happened, std::vector<engine::Command>& out);

/// For events of a gate whose matter is a report.
void follow_gate_of_report(const engine::Happened& happened, std::vector<engine::Command>& out);

}  // namespace factory::flows
