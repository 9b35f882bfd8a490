#include <algorithm>
#include <optional>
#include <utility>

#include "common/text.hpp"
#include "domain/standing.hpp"
#include "slices/pipeline/draft.hpp"
#include "slices/pipeline/rules.hpp"

namespace factory::pipeline {

namespace {

/// The stage whose work is reported must be the current one, and released by its gate.
factory::Status check_reportable(const State& state, const std::string& stage) {
  if (auto running = check_running(state); !running) return running;
  const auto index = known_stage(state, stage, "path/stage");
  if (!index) return index.error();
  if (*index != state.current) {
    return conflict("Stage " + stage + " is " + std::string(name_of(state.at(*index).status)) +
                        "; the current stage is " + current_name(state) + ".",
                    "Report the work of stage " + current_name(state) + ".");
  }
  const StagePlan& plan = state.plan(*index);
  const bool before_work = plan.gate && plan.gate->opens == GateOpens::on_entry;
  if (before_work && !state.at(*index).gate_approved) {
    return state.gate
               ? waits_at_gate(state)
               : conflict("Stage " + stage + " is not released yet.", "Resume the pipeline.");
  }
  if (plan.work.empty()) {
    return conflict("Stage " + stage + " has no work to report.", "");
  }
  return Done{};
}

FixRequested failed_work(const State& state, const Evidence& evidence, const std::string& by) {
  FixRequested fix;
  fix.title = "Put right stage " + current_name(state) + " of " + state.created->name;
  fix.severity = "major";
  fix.by = by;
  fix.feedback = evidence.notes;
  if (evidence.tests && evidence.tests->failed > 0) {
    fix.feedback += (fix.feedback.empty() ? "" : "\n") + std::to_string(evidence.tests->failed) +
                    " tests failed.";
    for (const FailedCase& failure : evidence.tests->failures) {
      if (fix.requested_changes.size() == 20) break;
      fix.requested_changes.push_back(failure.name + ": " + excerpt(failure.message, 200));
    }
  }
  return fix;
}

/// One fix a stage is asked for at a time by failed work; rejections always ask.
void ask_for_fix(Draft& draft, const Evidence& evidence) {
  const State& state = draft.state();
  const std::string stage = current_name(state);
  const bool asked = std::any_of(state.fixes.begin(), state.fixes.end(),
                                 [&](const OpenFix& fix) { return fix.stage == stage; });
  if (!asked) draft.request_fix(state.current, failed_work(state, evidence, draft.actor()));
}

/// ok, or `unsatisfiable` for the first gate of the plan that the people who exist could never
/// decide; every such gate is among the fields.
factory::Status check_gates(const Plan& plan, const std::string& requester,
                            const Directory& people) {
  std::optional<Error> refused;
  const auto check = [&](const GatePolicy& policy, const std::string& what) {
    factory::Status status = check_satisfiable(policy, {requester, {}}, people, what);
    if (status) return;
    const FieldError field{"/template", status.error().detail};
    if (!refused) refused = std::move(status.error());
    refused->fields.push_back(field);
  };
  for (const StagePlan& stage : plan.stages) {
    if (stage.gate) check(stage.gate->policy, "gate " + stage.name);
  }
  check(plan.retry_policy, "the retry of a failed pipeline");
  if (refused) return *std::move(refused);
  return Done{};
}

Decided decide_on(const State& state, const Create& command, const Ctx& ctx) {
  if (state.status != Status::none) return conflict("The pipeline exists already.");
  if (auto gates = check_gates(*command.created.plan, ctx.actor.id, *ctx.people); !gates) {
    return std::move(gates.error());
  }
  Draft draft(state, ctx);
  Created created = command.created;
  created.created_by = ctx.actor.id;
  created.at = ctx.now;
  draft.emit(std::move(created));
  draft.enter("created", StageStatus::completed, 0);
  draft.settle("advanced");
  return draft.done();
}

/// Whether work was approved that has not started. With the next gate open all is decided on anew
/// there.
bool approved_unstarted(const State& state) { return state.released && !state.gate; }

/// Of a change to what was approved, which nobody would see before the work starts.
Error approved_as_it_stands(const State& state) {
  return conflict("The work that was approved with what stands has not started yet.",
                  "Rescind the approval " + state.released->request.gate_id +
                      " first, or change it once the work has started.");
}

Decided decide_on(const State& state, const Update& command, const Ctx& ctx) {
  const bool finished = state.status == Status::completed || state.status == Status::archived;
  if (state.status == Status::none || finished) return check_running(state).error();
  Updated updated;
  if (command.priority && *command.priority != state.priority) updated.priority = command.priority;
  if (command.config && *command.config != state.config) updated.config = command.config;
  if (command.assignee && *command.assignee != state.assignee) updated.assignee = command.assignee;
  if (command.description && *command.description != state.description) {
    updated.description = command.description;
  }
  Draft draft(state, ctx);
  if (!updated.priority && !updated.config && !updated.assignee && !updated.description) {
    return draft.done();
  }
  updated.reason = command.reason;
  updated.at = ctx.now;
  const bool subject = updated.config.has_value();
  draft.emit(std::move(updated));
  if (subject && approved_unstarted(state)) return approved_as_it_stands(state);
  if (subject) draft.subject_changed("config");
  return draft.done();
}

Decided decide_on(const State& state, const Pause& command, const Ctx& ctx) {
  if (auto running = check_running(state); !running) return running.error();
  Draft draft(state, ctx);
  if (state.status == Status::active) draft.emit(Paused{command.reason, ctx.now});
  return draft.done();
}

Decided decide_on(const State& state, const Resume& /*command*/, const Ctx& ctx) {
  if (auto running = check_running(state); !running) return running.error();
  Draft draft(state, ctx);
  if (state.status == Status::active) return draft.done();
  draft.emit(Resumed{ctx.now});
  const StageState& stage = draft.state().at(draft.state().current);
  draft.settle(stage.gate_approved ? "approved" : "work_reported");
  return draft.done();
}

Decided decide_on(const State& state, const StartWork& command, const Ctx& ctx) {
  if (auto reportable = check_reportable(state, command.stage); !reportable) {
    return reportable.error();
  }
  if (state.status == Status::paused) {
    return conflict("The pipeline is paused.", "Resume it before work is started.");
  }
  Draft draft(state, ctx);
  draft.start_work();
  return draft.done();
}

Decided decide_on(const State& state, const TakeWork& command, const Ctx& ctx) {
  if (auto reportable = check_reportable(state, command.stage); !reportable) {
    return reportable.error();
  }
  if (work_waits(state)) {
    Draft draft(state, ctx);
    draft.take_work();
    return draft.done();
  }
  const std::string& worker = state.at(state.current).worker;
  return worker.empty()
             ? conflict("The work of stage " + command.stage + " does not wait.")
             : conflict(worker + " has the work of stage " + command.stage + " in hand.");
}

Decided decide_on(const State& state, const ReleaseWork& command, const Ctx& ctx) {
  Draft draft(state, ctx);
  const int stage = state.index_of(command.stage);
  const bool holds =
      stage >= 0 && state.at(stage).worker == command.worker && !state.at(stage).work_completed;
  if (holds) {
    draft.emit(WorkReleased{command.stage, command.worker, command.reason, ctx.now});
  }
  return draft.done();
}

/// The document of a pipeline names them all, and is written anew with each.
constexpr std::size_t kMostFiles = 1000;

/// Whether the stage can have this as its evidence. One that has too many files already takes all
/// but further ones.
factory::Status check_files(const State& state, int stage, const Evidence& wanted) {
  const Evidence& before = state.at(stage).evidence;
  const std::size_t files = wanted.assets.size();
  if (files <= kMostFiles || files <= before.assets.size()) return Done{};
  return Error{ErrorCode::unprocessable,
               "Stage " + state.plan(stage).name + " has " + std::to_string(before.assets.size()) +
                   " files as evidence, and takes at most " + std::to_string(kMostFiles) + ".",
               "Put files that belong together into one archive, or replace one that is there.",
               {},
               {}};
}

Decided decide_on(const State& state, const AddEvidence& command, const Ctx& ctx) {
  if (auto running = check_running(state); !running) return running.error();
  const auto index = known_stage(state, command.stage, "/stage");
  if (!index) return index.error();
  if (state.at(*index).visits == 0) {
    return conflict("Stage " + command.stage + " has not been entered yet.",
                    "The current stage is " + current_name(state) + ".");
  }
  const Evidence wanted = merged(state.at(*index).evidence, command.evidence);
  if (auto files = check_files(state, *index, wanted); !files) return files.error();
  if (*index < state.current && approved_unstarted(state)) return approved_as_it_stands(state);
  Draft draft(state, ctx);
  const bool current = *index == state.current && !state.plan(*index).work.empty() && !state.gate;
  // What a person adds does not take the work away from the agents whom it waits for.
  if (current && ctx.actor.type == ActorType::agent) draft.start_work();
  draft.add_evidence(*index, command.evidence);
  if (current && command.evidence.tests && command.evidence.tests->failed > 0) {
    ask_for_fix(draft, command.evidence);
  }
  return draft.done();
}

Decided decide_on(const State& state, const CompleteWork& command, const Ctx& ctx) {
  if (auto reportable = check_reportable(state, command.stage); !reportable) {
    return reportable.error();
  }
  const int current = state.current;
  const Evidence wanted = merged(state.at(current).evidence, command.evidence);
  if (auto files = check_files(state, current, wanted); !files) return files.error();
  Draft draft(state, ctx);
  if (!command.succeeded) {
    if (state.gate) return waits_at_gate(state);
    draft.start_work();
    draft.add_evidence(current, command.evidence);
    ask_for_fix(draft, command.evidence);
    return draft.done();
  }
  const auto failing = failing_checks(state, current, wanted);
  if (!failing.empty()) return unmet(state, command.stage, failing);
  draft.start_work();
  draft.add_evidence(current, command.evidence);
  draft.complete_work(false, {}, "");
  draft.settle("work_reported");
  return draft.done();
}

/// What keeps the pipeline from going forward from its current stage up to `target`.
factory::Status check_way(const State& state, int target) {
  for (int i = state.current; i < target; ++i) {
    const StagePlan& plan = state.plan(i);
    // What a later stage's gate approved before the pipeline went back counts no more.
    const bool approved = i == state.current && state.at(i).gate_approved;
    const bool passes_gate = plan.gate && !approved;
    const bool gate_comes_next = i == state.current && target == state.current + 1 && plan.gate &&
                                 plan.gate->opens == GateOpens::on_work_reported;
    if (passes_gate && !gate_comes_next) {
      return conflict("Stage " + plan.name + " has a gate; nothing goes past a gate.",
                      "Advance up to stage " + plan.name + " and have its gate decided.");
    }
  }
  return Done{};
}

Decided decide_on(const State& state, const Advance& command, const Ctx& ctx) {
  if (auto running = check_running(state); !running) return running.error();
  if (command.skip_validation && !ctx.actor.is_admin()) {
    return Error{ErrorCode::forbidden,
                 "Only an admin or owner may skip the validation.",
                 "Report what the checks ask for, or ask an admin.",
                 {{"/skip_validation", "needs the role admin or owner"}},
                 {}};
  }
  if (state.status == Status::paused) return conflict("The pipeline is paused.", "Resume it.");
  if (state.gate) return waits_at_gate(state);
  int target = state.current + 1;
  if (!command.target.empty()) {
    const auto named = known_stage(state, command.target, "/target_stage");
    if (!named) return named.error();
    if (*named <= state.current) {
      return conflict("Stage " + command.target + " is not ahead of " + current_name(state) + ".",
                      "Going back needs a rejection, or a failure and its retry.");
    }
    target = *named;
  }
  if (auto way = check_way(state, target); !way) return way.error();
  std::vector<std::string> failing;
  for (int i = state.current; i < target; ++i) {
    // What a stage ahead showed in an earlier visit says nothing of what is built now.
    const Evidence& shown = i == state.current ? state.at(i).evidence : Evidence{};
    for (std::string& why : failing_checks(state, i, shown)) {
      failing.push_back(state.plan(i).name + ": " + std::move(why));
    }
  }
  if (!failing.empty() && !command.skip_validation) {
    return unmet(state, current_name(state), failing);
  }
  Draft draft(state, ctx);
  draft.start_work();
  draft.complete_work(command.skip_validation, std::move(failing), command.notes);
  if (target > state.current + 1) draft.enter("advanced", StageStatus::completed, target);
  draft.settle("advanced");
  return draft.done();
}

Decided decide_on(const State& state, const Fail& command, const Ctx& ctx) {
  if (auto running = check_running(state); !running) return running.error();
  Draft draft(state, ctx);
  draft.withdraw_gate();
  draft.emit(Failed{current_name(state), command.reason, ctx.now});
  return draft.done();
}

Decided decide_on(const State& state, const Archive& command, const Ctx& ctx) {
  if (state.status == Status::none) return check_running(state).error();
  Draft draft(state, ctx);
  if (state.status == Status::archived) return draft.done();
  draft.withdraw_gate();
  draft.resolve_fixes(-1, "cancelled");
  draft.emit(Archived{command.reason, ctx.now});
  return draft.done();
}

Decided decide_on(const State& state, const FixDone& command, const Ctx& ctx) {
  Draft draft(state, ctx);
  const bool open = std::any_of(state.fixes.begin(), state.fixes.end(),
                                [&](const OpenFix& fix) { return fix.task_id == command.task_id; });
  if (open) draft.emit(FixResolved{command.task_id, "done", ctx.actor.id, ctx.now});
  return draft.done();
}

}  // namespace

Result<Decision<Event>> decide(const State& state, const Command& command, const Ctx& ctx) {
  return std::visit([&](const auto& wanted) { return decide_on(state, wanted, ctx); }, command);
}

}  // namespace factory::pipeline
