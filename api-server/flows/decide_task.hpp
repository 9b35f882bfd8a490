#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "domain/fields.hpp"
#include "engine/slice.hpp"

namespace factory::flows {

/// What somebody decided about a task, as every channel says it.
struct TaskDecision {
  std::string decision;  ///< approved, rejected or done
  std::string notes;     ///< or the reason of a rejection
  std::vector<std::string> conditions;
  std::vector<std::string> requested_changes;
  std::string severity;  ///< of a rejection: minor, major, critical; empty: major
  std::string digest;    ///< of what was shown; empty: the current one is taken
  JsonText output;
};

/// The command that carries the decision out: the vote at the gate of an approval task, else the
/// task's completion. `task` is the task's document. `unprocessable` for what an approval task
/// cannot end as, `invalid_request` for a rejection without a reason.
Result<engine::Command> decide_task(const nlohmann::json& task, const TaskDecision& decision);

}  // namespace factory::flows
