#include "slices/pipeline/rules.hpp"

#include <utility>

namespace factory::pipeline {

Error conflict(std::string detail, std::string hint) {
  return Error{ErrorCode::conflict, std::move(detail), std::move(hint), {}, {}};
}

std::string current_name(const State& state) { return state.plan(state.current).name; }

factory::Status check_running(const State& state) {
  switch (state.status) {
    case Status::none: return Error{ErrorCode::not_found, "There is no such pipeline.", "", {}, {}};
    case Status::active:
    case Status::paused: return Done{};
    case Status::completed:
      return conflict("The pipeline is completed.", "Create a new pipeline for further work.");
    case Status::failed:
      return conflict(
          "The pipeline has failed in stage " + current_name(state) + ": " + state.reason,
          "Retry it; the retry needs an approval.");
    case Status::archived: return conflict("The pipeline is archived.", "Create a new pipeline.");
  }
  return Done{};
}

Error waits_at_gate(const State& state) {
  Error error = conflict(
      "The pipeline waits at the gate of stage " + state.gate->stage +
          "; nothing goes past a gate.",
      "Have approval " + state.gate->gate_id + " decided (task " + state.gate->task_id + ").");
  error.data = {{"approval_id", state.gate->gate_id}, {"task_id", state.gate->task_id}};
  return error;
}

Result<int> known_stage(const State& state, const std::string& name, const std::string& pointer) {
  const int index = state.index_of(name);
  if (index >= 0) return index;
  std::string known;
  for (const StagePlan& plan : state.created->plan->stages) {
    known += (known.empty() ? "" : ", ") + plan.name;
  }
  return Error{ErrorCode::invalid_request,
               "The pipeline has no stage " + name + ".",
               "Its stages are " + known + ".",
               {{pointer, "is none of " + known}},
               {}};
}

Error unmet(const State& state, const std::string& stage, const std::vector<std::string>& failing) {
  Error error{ErrorCode::checks_failed,
              "The checks of stage " + stage + " do not hold; nothing was changed.",
              "Put right what is named and report again; to record a run with failures, report "
              "the outcome failed.",
              {},
              {}};
  for (const std::string& why : failing) error.fields.push_back({"/evidence", why});
  error.data["current_stage"] = current_name(state);
  return error;
}

}  // namespace factory::pipeline
