#include "flows/decide_task.hpp"

#include <nlohmann/json.hpp>

#include "slices/gate/gate.hpp"
#include "slices/task/task.hpp"

namespace factory::flows {
namespace {

using nlohmann::json;

gate::Severity severity_of(const TaskDecision& decision) {
  return enum_from<gate::Severity>(decision.severity).value_or(gate::Severity::major);
}

/// What a completed task keeps beside its notes.
JsonText kept(const TaskDecision& decision) {
  const bool plain = decision.conditions.empty() && decision.requested_changes.empty() &&
                     decision.severity.empty();
  if (plain) return decision.output;
  json output = json::parse(decision.output.text);
  if (!output.is_object()) output = json{{"output", std::move(output)}};
  if (!decision.conditions.empty()) output["conditions"] = decision.conditions;
  if (!decision.requested_changes.empty()) {
    output["requested_changes"] = decision.requested_changes;
  }
  if (!decision.severity.empty()) output["severity"] = decision.severity;
  return {output.dump()};
}

Error cannot_end_as(const std::string& decision) {
  return {ErrorCode::unprocessable,
          "An approval task cannot end as " + decision + ".",
          "Decide `approved` or `rejected`.",
          {{"/decision", "must be approved or rejected for an approval task"}},
          {}};
}

}  // namespace

Result<engine::Command> decide_task(const json& task, const TaskDecision& decision) {
  const bool rejects = decision.decision == "rejected";
  if (rejects && decision.notes.empty()) {
    return Error{ErrorCode::invalid_request,
                 "A rejection needs a reason.",
                 "Send `reason`: who mends it must know what is wrong.",
                 {{"/reason", "is missing"}},
                 {}};
  }
  const std::string gate_id = task.value("approval_id", "");
  if (gate_id.empty()) {
    return engine::Command{
        task.value("id", ""),
        task::Command{task::Complete{decision.decision, decision.notes, kept(decision)}}};
  }
  if (!rejects && decision.decision != "approved") return cannot_end_as(decision.decision);
  gate::Vote vote;
  vote.verdict = rejects ? gate::Verdict::reject : gate::Verdict::approve;
  vote.notes = decision.notes;
  vote.conditions = decision.conditions;
  vote.requested_changes = decision.requested_changes;
  vote.severity = severity_of(decision);
  vote.digest = decision.digest;
  return engine::Command{gate_id, gate::Command{std::move(vote)}};
}

}  // namespace factory::flows
