#include "slices/pipeline/draft.hpp"

#include <optional>

namespace factory::pipeline {

void Draft::settle(const std::string& cause) {
  std::string why = cause;
  while (state_.status == Status::active && !state_.gate) {
    const int current = state_.current;
    if (state_.is_last(current)) {
      resolve_fixes(-1, "cancelled");  // of stages that were skipped on the way
      emit(Completed{now()});
      return;
    }
    const StagePlan& plan = state_.plan(current);
    const StageState& stage = state_.at(current);
    const bool gate_waits = plan.gate && !stage.gate_approved;
    if (gate_waits && plan.gate->opens == GateOpens::on_entry) {
      request_gate("stage", "", *plan.gate);
      return;
    }
    if (!plan.work.empty() && !stage.work_completed) return;
    if (gate_waits) {
      request_gate("stage", "", *plan.gate);
      return;
    }
    enter(why, StageStatus::completed, current + 1);
    why = "advanced";
  }
}

void Draft::enter(const std::string& cause, StageStatus left_as, int to) {
  const std::string from = state_.current < 0 ? "" : state_.plan(state_.current).name;
  emit(StageChanged{from, left_as, state_.plan(to).name, cause, now()});
}

void Draft::request_gate(const std::string& purpose, const std::string& retry_to,
                         const GatePlan& gate) {
  const std::string& stage = state_.plan(state_.current).name;
  GateRequested request;
  request.stage = stage;
  request.gate_id = fresh_id("gate");
  request.task_id = fresh_id("task");
  request.purpose = purpose;
  request.retry_to = retry_to;
  request.gate = gate;
  request.digest = subject_digest(state_, stage);
  request.at = now();
  emit(std::move(request));
}

void Draft::withdraw_gate() {
  if (!state_.gate) return;
  const GateRequested gate = *state_.gate;
  emit(GateSettled{gate.stage, gate.gate_id, "withdrawn", now()});
}

void Draft::start_work() {
  if (!state_.at(state_.current).work_started) take_work();
}

void Draft::take_work() {
  const std::string released_by = state_.released ? state_.released->request.gate_id : "";
  emit(WorkStarted{state_.plan(state_.current).name, actor(), released_by, now()});
}

void Draft::add_evidence(int stage, const Evidence& evidence) {
  if (evidence.empty()) return;
  const std::string name = state_.plan(stage).name;
  emit(EvidenceAdded{name, evidence, actor(), now()});
  subject_changed("evidence of " + name);
}

void Draft::complete_work(bool skipped_validation, std::vector<std::string> skipped,
                          const std::string& notes) {
  const int current = state_.current;
  if (!state_.at(current).work_completed) {
    emit(WorkCompleted{state_.plan(current).name, actor(), skipped_validation, std::move(skipped),
                       notes, now()});
  }
  resolve_fixes(current, "done");
}

void Draft::request_fix(int stage, FixRequested fix) {
  fix.stage = state_.plan(stage).name;
  fix.task_id = fresh_id("task");
  fix.worker = state_.at(stage).worker;
  fix.at = now();
  emit(std::move(fix));
}

void Draft::resolve_fixes(int stage, const std::string& outcome) {
  const std::vector<OpenFix> open = state_.fixes;
  for (const OpenFix& fix : open) {
    if (stage >= 0 && state_.index_of(fix.stage) > stage) continue;
    emit(FixResolved{fix.task_id, outcome, actor(), now()});
  }
}

void Draft::subject_changed(const std::string& change) {
  if (!state_.gate) return;
  const std::string digest = subject_digest(state_, state_.gate->stage);
  if (digest == state_.gate->digest) return;
  emit(SubjectChanged{state_.gate->gate_id, digest, change, now()});
}

}  // namespace factory::pipeline
