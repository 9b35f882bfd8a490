#include <algorithm>
#include <utility>

#include "slices/pipeline/pipeline.hpp"

namespace factory::pipeline {

namespace {

StageState& stage_named(State& state, const std::string& name) {
  return state.stages.at(static_cast<std::size_t>(state.index_of(name)));
}

void set_status(State& state, Status status, Time at) {
  state.status = status;
  state.since = at;
}

/// A fresh visit: what was reported and decided in an earlier one no longer counts.
void enter(State& state, int index, Time at) {
  StageState& stage = state.stages.at(static_cast<std::size_t>(index));
  const int visits = stage.visits + 1;
  stage = StageState{};
  stage.status = StageStatus::active;
  stage.visits = visits;
  stage.entered_at = at;
  state.current = index;
}

void add_reporter(StageState& stage, const std::string& who) {
  if (std::find(stage.reporters.begin(), stage.reporters.end(), who) == stage.reporters.end()) {
    stage.reporters.push_back(who);
  }
}

void on(State& state, const Created& event) {
  state.created = std::make_shared<const Created>(event);
  state.priority = event.priority;
  state.config = event.config;
  state.assignee = event.assignee;
  state.description = event.description;
  state.stages.resize(event.plan->stages.size());
  set_status(state, Status::active, event.at);
}

void on(State& state, const Updated& event) {
  if (event.priority) state.priority = *event.priority;
  if (event.config) state.config = *event.config;
  if (event.assignee) state.assignee = *event.assignee;
  if (event.description) state.description = *event.description;
}

void on(State& state, const StageChanged& event) {
  const int to = state.index_of(event.to);
  const int from = state.index_of(event.from);
  if (from >= 0) {
    StageState& left = state.stages[static_cast<std::size_t>(from)];
    left.status = event.left_as;
    left.left_at = event.at;
  }
  if (event.cause == "rescinded") {  // nothing had happened behind `to`: as if never entered
    for (int i = to + 1; i <= from; ++i) {
      StageState& undone = state.stages.at(static_cast<std::size_t>(i));
      const int visits = undone.visits - (undone.visits > 0 ? 1 : 0);
      undone = StageState{};
      undone.visits = visits;
    }
    StageState& back = state.stages.at(static_cast<std::size_t>(to));
    back.status = StageStatus::active;
    back.left_at.reset();
    state.current = to;
    return;
  }
  for (int i = from + 1; from >= 0 && i < to; ++i) {
    state.stages[static_cast<std::size_t>(i)].status = StageStatus::skipped;
  }
  for (int i = to + 1; i <= from; ++i) {  // going back: all behind it has to be done again
    StageState& undone = state.stages[static_cast<std::size_t>(i)];
    undone.status = StageStatus::pending;
    undone.work_started = undone.work_completed = false;
    undone.worker.clear();
    undone.checks_waived = undone.gate_approved = false;
  }
  enter(state, to, event.at);
  if (state.status == Status::failed) {
    set_status(state, state.paused ? Status::paused : Status::active, event.at);
    state.reason.clear();
  }
}

void on(State& state, const WorkStarted& event) {
  stage_named(state, event.stage).work_started = true;
  stage_named(state, event.stage).worker = event.by;
  state.released.reset();
}

void on(State& state, const EvidenceAdded& event) {
  StageState& stage = stage_named(state, event.stage);
  stage.evidence = merged(std::move(stage.evidence), event.evidence);
  add_reporter(stage, event.by);
}

void on(State& state, const WorkCompleted& event) {
  StageState& stage = stage_named(state, event.stage);
  stage.work_completed = true;
  stage.checks_waived = event.skipped_validation;
  add_reporter(stage, event.by);
}

void on(State& state, const GateRequested& event) { state.gate = event; }

void on(State& state, const SubjectChanged& event) {
  if (state.gate) state.gate->digest = event.digest;
}

void on(State& state, const GateSettled& event) {
  if (event.outcome == "rescinded" && state.released) {
    stage_named(state, event.stage).gate_approved = false;
    state.gate = std::move(state.released->request);
    state.released.reset();
    return;
  }
  if (event.outcome == "approved" && state.gate && state.gate->purpose == "stage") {
    const int index = state.index_of(event.stage);
    state.stages.at(static_cast<std::size_t>(index)).gate_approved = true;
    state.released = Released{*state.gate, index};
  } else if (event.outcome != "withdrawn") {
    state.released.reset();
  }
  state.gate.reset();
}

void on(State& state, const WorkReleased& event) { stage_named(state, event.stage).worker.clear(); }

void on(State& state, const FixRequested& event) {
  stage_named(state, event.stage).worker.clear();
  state.fixes.push_back({event.task_id, event.stage});
}

void on(State& state, const FixResolved& event) {
  std::erase_if(state.fixes, [&](const OpenFix& fix) { return fix.task_id == event.task_id; });
}

void on(State& state, const Paused& event) {
  state.paused = true;
  state.reason = event.reason;
  set_status(state, Status::paused, event.at);
}

void on(State& state, const Resumed& event) {
  state.paused = false;
  state.reason.clear();
  set_status(state, Status::active, event.at);
}

void on(State& state, const Failed& event) {
  StageState& stage = stage_named(state, event.stage);
  stage.status = StageStatus::failed;
  stage.left_at = event.at;
  state.reason = event.reason;
  state.released.reset();
  set_status(state, Status::failed, event.at);
}

void on(State& state, const Completed& event) {
  StageState& last = state.stages.back();
  last.status = StageStatus::completed;
  last.left_at = event.at;
  state.completed_at = event.at;
  state.released.reset();
  set_status(state, Status::completed, event.at);
}

void on(State& state, const Archived& event) {
  state.reason = event.reason;
  state.released.reset();
  set_status(state, Status::archived, event.at);
}

}  // namespace

int State::index_of(const std::string& stage) const {
  if (!created) return -1;
  const auto& plans = created->plan->stages;
  const auto found = std::find_if(plans.begin(), plans.end(),
                                  [&](const StagePlan& plan) { return plan.name == stage; });
  return found == plans.end() ? -1 : static_cast<int>(found - plans.begin());
}

Evidence merged(Evidence base, const Evidence& added) {
  if (added.tests) base.tests = added.tests;
  if (added.deploy) base.deploy = added.deploy;
  if (!added.notes.empty()) base.notes = added.notes;
  for (const Asset& asset : added.assets) {
    const auto same = std::find_if(base.assets.begin(), base.assets.end(),
                                   [&](const Asset& other) { return other.name == asset.name; });
    if (same == base.assets.end()) {
      base.assets.push_back(asset);
    } else {
      *same = asset;
    }
  }
  return base;
}

State evolve(State state, const Event& event) {
  std::visit(
      [&](const auto& happened) {
        on(state, happened);
        state.updated_at = happened.at;
      },
      event);
  return state;
}

}  // namespace factory::pipeline
