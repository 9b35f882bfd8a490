#include "flows/flows.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "flows/agent_work.hpp"
#include "flows/comment_flow.hpp"
#include "flows/identity.hpp"
#include "flows/notify.hpp"
#include "flows/report_flow.hpp"
#include "slices/asset/asset.hpp"
#include "slices/comment/comment.hpp"
#include "slices/gate/gate.hpp"
#include "slices/pipeline/pipeline.hpp"
#include "slices/report/report.hpp"
#include "slices/session/session.hpp"
#include "slices/task/task.hpp"

namespace factory::flows {

namespace {

using engine::Command;
using engine::Happened;
using nlohmann::json;

class Follow {
 public:
  Follow(const Happened& happened, std::vector<Command>& out) : happened_(happened), out_(out) {}

  void pipeline();
  void gate();
  void task();
  void asset();

 private:
  template <class State>
  [[nodiscard]] const State& state() const {
    return *static_cast<const State*>(happened_.state.get());
  }
  /// On a stream whose id the event has just drawn.
  void create(const std::string& stream, std::any command) {
    out_.push_back({stream, std::move(command), true});
  }
  void to_pipeline(const std::string& stream, pipeline::Command command) {
    out_.push_back({stream, std::move(command)});
  }
  void to_gate(const std::string& stream, gate::Command command) {
    out_.push_back({stream, std::move(command)});
  }
  void to_task(const std::string& stream, task::Command command) {
    out_.push_back({stream, std::move(command)});
  }
  void open_gate(const pipeline::GateRequested& event);
  void create_fix(const pipeline::FixRequested& event);
  /// The same command to every open task of the pipeline.
  void to_open_tasks(const task::Command& command);
  [[nodiscard]] task::Created task_of_pipeline() const;

  const Happened& happened_;
  std::vector<Command>& out_;
};

task::Created Follow::task_of_pipeline() const {
  const auto& pipeline = state<pipeline::State>();
  task::Created created;
  created.pipeline_id = happened_.stream;
  created.pipeline_name = pipeline.created->name;
  created.priority = pipeline.priority;
  created.sla = pipeline.created->plan->sla;
  created.paused = pipeline.paused;
  created.ladder = pipeline.created->plan->ladder;
  created.calendar = pipeline.created->plan->calendar;
  return created;
}

void Follow::open_gate(const pipeline::GateRequested& event) {
  const auto& pipeline = state<pipeline::State>();
  gate::Opened opened;
  opened.kind = event.purpose == "retry" ? event.purpose : event.gate.type;
  opened.title = event.gate.title;
  opened.subject = {happened_.stream, pipeline.created->name, event.stage, event.digest};
  opened.policy = event.gate.policy;
  opened.priority = pipeline.priority;
  opened.task_id = event.task_id;
  opened.requester = pipeline.created->created_by;
  opened.paused = pipeline.paused;
  for (const pipeline::StageState& stage : pipeline.stages) {
    for (const std::string& who : stage.reporters) {
      if (std::find(opened.reporters.begin(), opened.reporters.end(), who) ==
          opened.reporters.end()) {
        opened.reporters.push_back(who);
      }
    }
  }
  create(event.gate_id, gate::Command{gate::Open{std::move(opened)}});

  task::Created created = task_of_pipeline();
  created.kind = task::Type::approval;
  created.title = event.gate.title + ": " + pipeline.created->name;
  created.description = pipeline.description;
  created.stage = event.stage;
  created.gate_id = event.gate_id;
  create(event.task_id, task::Command{task::Create{std::move(created)}});
}

void Follow::create_fix(const pipeline::FixRequested& event) {
  task::Created created = task_of_pipeline();
  created.kind = task::Type::fix_required;
  created.title = event.title;
  created.description = event.feedback;
  created.stage = event.stage;
  created.assignee = state<pipeline::State>().assignee;
  created.context.text = json{
      {"feedback", event.feedback},
      {"requested_changes", event.requested_changes},
      {"severity", event.severity},
      {"requested_by",
       event.by}}.dump();
  create(event.task_id, task::Command{task::Create{std::move(created)}});
}

void Follow::to_open_tasks(const task::Command& command) {
  const auto& pipeline = state<pipeline::State>();
  if (pipeline.gate) to_task(pipeline.gate->task_id, command);
  for (const pipeline::OpenFix& fix : pipeline.fixes) to_task(fix.task_id, command);
}

void Follow::pipeline() {
  const auto& event = std::any_cast<const pipeline::Event&>(happened_.event.event);
  const auto& after = state<pipeline::State>();
  std::visit(overloaded{
                 [&](const pipeline::GateRequested& e) { open_gate(e); },
                 [&](const pipeline::FixRequested& e) { create_fix(e); },
                 [&](const pipeline::SubjectChanged& e) {
                   to_gate(e.gate_id, gate::ChangeSubject{e.digest, e.change});
                 },
                 [&](const pipeline::GateSettled& e) {
                   if (e.outcome == "withdrawn") {
                     to_gate(e.gate_id, gate::Cancel{"The pipeline moved on without it."});
                   }
                   // What waits again does so with its clock, which stands still as the pipeline
                   // does.
                   if (e.outcome == "rescinded" && after.paused && after.gate) {
                     to_gate(e.gate_id, gate::PauseClock{});
                     to_task(after.gate->task_id, task::PauseClock{});
                   }
                 },
                 [&](const pipeline::FixResolved& e) {
                   if (e.outcome == "done") {
                     to_task(e.task_id, task::Resolve{"done", "", e.by, false});
                   } else {
                     to_task(e.task_id,
                             task::Cancel{"The pipeline does not wait for it any more."});
                   }
                 },
                 [&](const pipeline::Updated& e) {
                   if (!e.priority) return;
                   if (after.gate) to_gate(after.gate->gate_id, gate::SetPriority{*e.priority});
                   to_open_tasks(task::SetPriority{*e.priority, e.reason, true});
                 },
                 [&](const pipeline::WorkStarted& e) {
                   if (!e.released_by.empty()) to_gate(e.released_by, gate::Consume{});
                 },
                 [&](const pipeline::Paused&) {
                   if (after.gate) to_gate(after.gate->gate_id, gate::PauseClock{});
                   to_open_tasks(task::PauseClock{});
                 },
                 [&](const pipeline::Resumed&) {
                   if (after.gate) to_gate(after.gate->gate_id, gate::ResumeClock{});
                   to_open_tasks(task::ResumeClock{});
                 },
                 [](const pipeline::Created&) {},
                 [](const pipeline::StageChanged&) {},
                 [](const pipeline::EvidenceAdded&) {},
                 [](const pipeline::WorkCompleted&) {},
                 [](const pipeline::Failed&) {},
                 [](const pipeline::Completed&) {},
                 [](const pipeline::Archived&) {},
                 [](const pipeline::WorkReleased&) {},
             },
             event);
}

pipeline::GateRejected rejected(const std::string& gate_id, const gate::Rejected& event) {
  return {gate_id, event.by, event.reason, event.requested_changes,
          std::string(name_of(event.severity))};
}

/// A gate is decided by a person or, where nobody did in time, by its deadline.
task::Resolve resolved(const std::string& decision, const std::string& reason,
                       const std::string& by) {
  const bool expired = by == "system";
  const bool silent = expired && reason.empty();
  return {decision, silent ? "Nobody decided until the deadline." : reason, by, expired};
}

void Follow::gate() {
  const auto& event = std::any_cast<const gate::Event&>(happened_.event.event);
  const gate::Opened& opened = state<gate::State>().opened;
  if (opened.subject.matter) follow_gate_of_report(happened_, out_);
  const std::string& pipeline_id = opened.subject.pipeline_id;
  const bool of_pipeline = !opened.subject.matter;
  std::visit(overloaded{
                 [&](const gate::Approved& e) {
                   if (of_pipeline) {
                     to_pipeline(pipeline_id, pipeline::GateApproved{happened_.stream});
                   }
                   to_task(opened.task_id, resolved("approved", "", e.by));
                 },
                 [&](const gate::Rejected& e) {
                   if (of_pipeline) {
                     to_pipeline(pipeline_id, rejected(happened_.stream, e));
                   }
                   to_task(opened.task_id, resolved("rejected", e.reason, e.by));
                 },
                 [&](const gate::Rescinded& e) {
                   if (!e.reopened) return;
                   if (of_pipeline) {
                     to_pipeline(pipeline_id, pipeline::GateReopened{happened_.stream});
                   }
                   to_task(opened.task_id, task::Reopen{e.reason});
                 },
                 [&](const gate::Cancelled& e) { to_task(opened.task_id, task::Cancel{e.reason}); },
                 [&](const gate::Escalated& e) {
                   to_task(opened.task_id, task::Escalate{e.to, e.reason});
                 },
                 [](const gate::Opened&) {},
                 [](const gate::Voted&) {},
                 [](const gate::Consumed&) {},
                 [](const gate::Delegated&) {},
                 [](const gate::SubjectChanged&) {},
                 [](const gate::DeadlineWarned&) {},
                 [](const gate::DeadlineExtended&) {},
                 [](const gate::ClockPaused&) {},
                 [](const gate::ClockResumed&) {},
                 [](const gate::PriorityChanged&) {},
                 [](const gate::ConditionMet&) {},
             },
             event);
}

void Follow::task() {
  const auto& event = std::any_cast<const task::Event&>(happened_.event.event);
  const task::Created& created = state<task::State>().created;
  const bool fix = created.kind == task::Type::fix_required && !created.pipeline_id.empty();
  if (fix && std::holds_alternative<task::Completed>(event)) {
    to_pipeline(created.pipeline_id, pipeline::FixDone{happened_.stream});
  }
}

/// A file that is uploaded is evidence of its stage: it is present from the same commit on.
void Follow::asset() {
  const auto& event = std::any_cast<const asset::Event&>(happened_.event.event);
  const auto present = [&](const asset::Version& version) {
    const auto& asset = state<asset::State>();
    pipeline::Evidence evidence;
    evidence.assets.push_back({asset.path, "sha256:" + version.digest});
    to_pipeline(asset.pipeline_id, pipeline::AddEvidence{version.stage, std::move(evidence)});
  };
  std::visit(overloaded{
                 [&](const asset::Created& e) { present(e.version); },
                 [&](const asset::Updated& e) { present(e.version); },
                 [](const asset::Archived&) {},
                 [](const asset::Purged&) {},
             },
             event);
}

}  // namespace

void follow(const Happened& happened, std::vector<Command>& follow_ups) {
  Follow follow(happened, follow_ups);
  if (happened.kind == pipeline::Definition::kind) follow.pipeline();
  if (happened.kind == gate::Definition::kind) follow.gate();
  if (happened.kind == task::Definition::kind) follow.task();
  follow_agent_work(happened, follow_ups);
  if (happened.kind == report::Definition::kind) follow_report(happened, follow_ups);
  if (happened.kind == asset::Definition::kind) follow.asset();
  if (happened.kind == comment::Definition::kind) follow_comment(happened, follow_ups);
  if (happened.kind == session::Definition::kind) follow_session(happened, follow_ups);
  follow_notify(happened, follow_ups);
}

}  // namespace factory::flows
