#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "common/clock.hpp"
#include "domain/principal.hpp"

/// Why something stands still, read from the documents alone. Pure.
namespace factory::queries {

struct Cause {
  std::string code;  ///< paused, stage_failed, nobody_eligible, approvals_missing, fix_required, …
  std::string detail;  ///< one sentence
};

struct Waiting {
  std::vector<Cause> causes;     ///< the root first; what only makes it worse comes last
  std::string waiting_for;       ///< "1 person of group security"
  std::vector<std::string> who;  ///< who can unblock it, at most 20
  std::string how;               ///< what they do, one sentence
};

/// Of an open task. `approval`: the document of its gate with what is missing and who is eligible
/// (see approval_standing.hpp); null for tasks without a gate.
Waiting why_task_waits(const nlohmann::json& task, const nlohmann::json& approval, Time now,
                       const Directory& people);

/// Of a pipeline that is paused or has failed and has no open gate.
Waiting why_pipeline_waits(const nlohmann::json& pipeline, const Directory& people);

}  // namespace factory::queries
