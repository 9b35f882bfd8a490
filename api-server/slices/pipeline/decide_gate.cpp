#include <algorithm>
#include <utility>

#include "slices/pipeline/draft.hpp"
#include "slices/pipeline/rules.hpp"

namespace factory::pipeline {

namespace {

bool waits_for(const State& state, const std::string& gate_id) {
  return state.gate && state.gate->gate_id == gate_id;
}

/// Where a rejection goes when the template does not say: the nearest stage behind with work.
int stage_to_redo(const State& state, const GateRequested& gate) {
  const int named = state.index_of(gate.gate.reject_to);
  if (named >= 0 && named <= state.current) return named;
  for (int i = state.current; i > 0; --i) {
    if (!state.plan(i).work.empty() && (i < state.current || state.at(i).work_completed)) return i;
  }
  return 0;
}

}  // namespace

Decided decide_on(const State& state, const Retry& command, const Ctx& ctx) {
  if (state.status != Status::failed) {
    if (auto running = check_running(state); !running) return running.error();
    return conflict("Only a failed pipeline can be retried; this one is " +
                        std::string(name_of(state.status)) + ".",
                    "");
  }
  if (state.gate) return waits_at_gate(state);
  const StagePlan& plan = state.plan(state.current);
  std::string target = command.target.empty() ? plan.retry_to : command.target;
  if (target.empty()) target = state.plan(std::max(0, state.current - 1)).name;
  const auto index = known_stage(state, target, "/target_stage");
  if (!index) return index.error();
  if (*index > state.current) {
    return conflict("A retry goes back; stage " + target + " is ahead.", "Name an earlier stage.");
  }
  GatePlan gate;
  gate.type = "manual_check";
  gate.title = "Retry " + state.created->name + " from stage " + target;
  gate.policy = state.created->plan->retry_policy;
  Draft draft(state, ctx);
  draft.request_gate("retry", target, gate);
  return draft.done();
}

Decided decide_on(const State& state, const GateApproved& command, const Ctx& ctx) {
  if (!waits_for(state, command.gate_id)) {
    return conflict("The pipeline does not wait for this approval any more.");
  }
  const GateRequested gate = *state.gate;
  const int current = state.current;
  const bool after_work = gate.purpose == "stage" && state.at(current).work_completed;
  if (after_work && !state.at(current).checks_waived) {
    const auto failing = failing_checks(state, current, state.at(current).evidence);
    if (!failing.empty()) return unmet(state, gate.stage, failing);
  }
  Draft draft(state, ctx);
  draft.emit(GateSettled{gate.stage, gate.gate_id, "approved", ctx.now});
  if (gate.purpose == "retry") {
    draft.enter("retried", StageStatus::failed, state.index_of(gate.retry_to));
  }
  draft.settle("approved");
  return draft.done();
}

Decided decide_on(const State& state, const GateRejected& command, const Ctx& ctx) {
  if (!waits_for(state, command.gate_id)) {
    return conflict("The pipeline does not wait for this approval any more.");
  }
  const GateRequested gate = *state.gate;
  Draft draft(state, ctx);
  draft.emit(GateSettled{gate.stage, gate.gate_id, "rejected", ctx.now});
  if (gate.purpose == "retry") return draft.done();
  const int back = stage_to_redo(state, gate);
  draft.enter("rejected", StageStatus::pending, back);
  FixRequested fix;
  fix.title = "Rework " + state.created->name + " after the rejection in " + gate.stage;
  fix.feedback = command.reason;
  fix.requested_changes = command.requested_changes;
  fix.severity = command.severity;
  fix.by = command.by;
  draft.request_fix(back, std::move(fix));
  draft.settle("advanced");
  return draft.done();
}

Decided decide_on(const State& state, const GateReopened& command, const Ctx& ctx) {
  const bool running = state.status == Status::active || state.status == Status::paused;
  const bool released = state.released && state.released->request.gate_id == command.gate_id;
  // What was reported of the stage that it led to would be gone with it.
  const bool untouched = released && (state.current == state.released->stage ||
                                      state.at(state.current).reporters.empty());
  if (!running || !untouched) {
    return conflict("The work that this approval released has started.",
                    "Reject at the next gate, or fail the pipeline, to go back.");
  }
  Draft draft(state, ctx);
  const Released before = *state.released;
  draft.withdraw_gate();
  if (state.current != before.stage) {
    draft.enter("rescinded", StageStatus::pending, before.stage);
  }
  draft.emit(GateSettled{before.request.stage, command.gate_id, "rescinded", ctx.now});
  draft.subject_changed("what came after the approval");
  return draft.done();
}

}  // namespace factory::pipeline
