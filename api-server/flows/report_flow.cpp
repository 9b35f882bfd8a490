#include "flows/report_flow.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "slices/gate/gate.hpp"
#include "slices/report/report.hpp"
#include "slices/task/task.hpp"

namespace factory::flows {
namespace {

using engine::Command;
using engine::Happened;
using nlohmann::json;

template <class State>
const State& state_of(const Happened& happened) {
  return *static_cast<const State*>(happened.state.get());
}

gate::Opened opened_gate(const Happened& happened, const report::Submitted& event) {
  gate::Opened opened;
  opened.kind = "go_live";
  opened.title = event.plan->title + ": " + event.server_name;
  opened.subject.digest = event.digest;
  opened.subject.matter =
      gate::Matter{gate::MatterKind::report, happened.stream, event.server_name};
  opened.policy = event.plan->policy;
  opened.priority = event.plan->priority;
  opened.task_id = event.task_id;
  opened.requester = event.by;
  return opened;
}

task::Command created_task(const Happened& happened, const report::Submitted& event) {
  task::Created created;
  created.kind = task::Type::approval;
  created.title = event.plan->title + ": " + event.server_name;
  created.description = event.excerpt;
  created.context.text = json{{"report_id", happened.stream},
                              {"server_name", event.server_name},
                              {"repository_url", event.repository_url},
                              {"developer_email", event.developer_email},
                              {"report_url", "/api/v1/reports/" + happened.stream}}
                             .dump();
  created.gate_id = event.gate_id;
  created.priority = event.plan->priority;
  created.sla = event.plan->sla;
  created.ladder = event.plan->ladder;
  created.blocks = false;  // there is no pipeline that it could hold up
  return task::Command{task::Create{std::move(created)}};
}

void submitted(const Happened& happened, const report::Submitted& event,
               std::vector<Command>& out) {
  if (event.plan) {
    out.push_back({event.gate_id, gate::Command{gate::Open{opened_gate(happened, event)}}, true});
    out.push_back({event.task_id, created_task(happened, event), true});
    return;
  }
  const std::string change = "submission " + std::to_string(event.submission);
  out.push_back(
      {event.gate_id, gate::Command{gate::ChangeSubject{event.digest, change, event.by}}});
}

/// Votes that were given before no longer count: something else is decided on now.
void changed(const Happened& happened, const std::string& digest, const std::string& change,
             std::vector<Command>& out) {
  const auto& after = state_of<report::State>(happened);
  if (after.status != report::Status::pending_review) return;
  out.push_back(
      {after.current.gate_id, gate::Command{gate::ChangeSubject{digest, change, std::nullopt}}});
}

gate::Command vote(const report::ReviewGiven& event) {
  gate::Vote vote;
  const bool rejects = event.verdict == report::Verdict::rejected;
  vote.verdict = rejects ? gate::Verdict::reject : gate::Verdict::approve;
  vote.notes = event.notes;
  // A gate wants a reason; a report may be rejected without notes.
  if (rejects && vote.notes.empty()) vote.notes = "Rejected without notes.";
  vote.requested_changes = event.requested_changes;
  vote.digest = event.shown;
  return gate::Command{std::move(vote)};
}

/// What the person whose vote closed the gate said with it.
std::string notes_of(const gate::State& gate, const std::string& person) {
  const auto found = std::find_if(gate.votes.begin(), gate.votes.end(),
                                  [&](const gate::Voted& vote) { return vote.person == person; });
  return found == gate.votes.end() ? "" : found->notes;
}

}  // namespace

void follow_report(const Happened& happened, std::vector<Command>& out) {
  const auto& event = std::any_cast<const report::Event&>(happened.event.event);
  std::visit(overloaded{
                 [&](const report::Submitted& e) { submitted(happened, e, out); },
                 [&](const report::CheckReported& e) {
                   changed(happened, e.digest, "check " + e.name, out);
                 },
                 [&](const report::Exempted& e) {
                   changed(happened, e.digest, "exemption of check " + e.check, out);
                 },
                 [&](const report::ExemptionExpired& e) {
                   changed(happened, e.digest, "exemption of check " + e.check + " expired", out);
                 },
                 [&](const report::ReviewGiven& e) {
                   out.push_back({state_of<report::State>(happened).current.gate_id, vote(e)});
                 },
                 [](const report::Approved&) {},
                 [](const report::Rejected&) {},
                 [&](const report::ReviewRescinded&) {
                   changed(happened, state_of<report::State>(happened).digest,
                           "what came after the review", out);
                 },
             },
             event);
}

void follow_gate_of_report(const Happened& happened, std::vector<Command>& out) {
  const auto& event = std::any_cast<const gate::Event&>(happened.event.event);
  const auto& gate = state_of<gate::State>(happened);
  const std::string& report_id = gate.opened.subject.matter->id;
  const auto tell = [&](report::Command command) {
    out.push_back({report_id, std::move(command)});
  };
  if (const auto* approved = std::get_if<gate::Approved>(&event)) {
    tell(report::GateApproved{happened.stream, approved->by, notes_of(gate, approved->by)});
  }
  if (const auto* rejected = std::get_if<gate::Rejected>(&event)) {
    tell(report::GateRejected{happened.stream, rejected->by, rejected->reason});
  }
  if (const auto* rescinded = std::get_if<gate::Rescinded>(&event)) {
    tell(report::GateRescinded{happened.stream, rescinded->person, rescinded->reopened});
  }
}

}  // namespace factory::flows
