#include "flows/notify.hpp"

#include <algorithm>

#include "common/text.hpp"
#include "slices/comment/comment.hpp"
#include "slices/gate/gate.hpp"
#include "slices/notification/notification.hpp"
#include "slices/pipeline/pipeline.hpp"
#include "slices/task/task.hpp"
#include "slices/webhook/webhook.hpp"

namespace factory::flows {
namespace {

using engine::Command;
using engine::Happened;
using Names = std::vector<std::string>;

constexpr std::size_t longest_body = 500;

/// Turns one event into notifications.
class Notify {
 public:
  Notify(const Happened& happened, std::vector<Command>& out) : happened_(happened), out_(out) {}

  void task();
  void gate();
  void pipeline();
  void comment();
  void webhook();

 private:
  template <class State>
  [[nodiscard]] const State& state() const {
    return *static_cast<const State*>(happened_.state.get());
  }
  [[nodiscard]] const Directory& people() const { return *happened_.ctx.people; }
  /// Agents have no inbox; whoever did it knows already.
  void tell(const Names& names, const notification::Created& what, bool tells_actor = true);
  [[nodiscard]] notification::Created about_task(std::string kind, Urgency severity) const;
  void reminded(const task::Reminded& event);
  void deferral_ended(const task::DeferralEnded& event);
  void decided(std::string kind, const std::string& by, const std::string& words);
  void mentioned(const Names& names, const std::string& by, const std::string& text);

  const Happened& happened_;
  std::vector<Command>& out_;
};

void Notify::tell(const Names& names, const notification::Created& what, bool tells_actor) {
  std::size_t told = 0;
  for (const std::string& name : names) {
    if (told == task::most_recipients) return;
    const Person* const person = people().find(name);
    if (person == nullptr || person->agent) continue;
    if (!tells_actor && name == happened_.ctx.actor.id) continue;
    notification::Created created = what;
    created.recipient = name;
    out_.push_back({notification::stream_of(happened_.stream, happened_.version, name),
                    notification::Command{notification::Create{std::move(created)}}, true});
    ++told;
  }
}

notification::Created Notify::about_task(std::string kind, Urgency severity) const {
  const auto& after = state<task::State>();
  const task::Created& of = after.created;
  notification::Created created;
  created.kind = std::move(kind);
  created.severity = severity;
  created.title = of.title;
  created.body = "Priority " + std::string(name_of(of.priority));
  if (!of.stage.empty()) created.body += ", stage " + of.stage;
  if (const auto due = after.due(after.sla().breach_minutes)) {
    created.body += ", deadline " + format_time(*due);
  }
  if (!of.description.empty()) created.body += ". " + of.description;
  created.body = excerpt(created.body, longest_body);
  created.entity_type = task::Definition::kind;
  created.entity_id = happened_.stream;
  created.pipeline_id = of.pipeline_id;
  created.action_url = "/v1/tasks/" + happened_.stream;
  created.channels = {NotifyChannel::in_app};
  created.waits = true;
  return created;
}

std::string kind_of(const LadderStep& step, task::Type type) {
  if (step.from == LadderFrom::warning) return "sla_warning";
  if (step.from == LadderFrom::deadline) return step.minutes < 0 ? "sla_warning" : "sla_breach";
  if (step.minutes > 0) return "task_reminder";
  return type == task::Type::approval ? "approval_pending" : "task_pending";
}

void Notify::reminded(const task::Reminded& event) {
  const auto& after = state<task::State>();
  const LadderStep& step = after.ladder().steps.at(static_cast<std::size_t>(event.step));
  notification::Created created = about_task(kind_of(step, after.created.kind), event.severity);
  created.step = event.name;
  created.channels.clear();
  for (const NotifyChannel channel : event.channels) {
    if (!is_shared(channel)) created.channels.push_back(channel);
  }
  if (!created.channels.empty()) tell(event.recipients, created);
}

/// Who had put it off is told that the moment has come, unless a reminder comes now anyway.
void Notify::deferral_ended(const task::DeferralEnded& event) {
  const auto next = task::next_step(state<task::State>());
  const bool reminds = next && next->due <= event.at;
  if (reminds || happened_.ctx.actor.type != ActorType::system) return;
  tell({event.deferred_by}, about_task("task_reminder", Urgency::info));
}

void Notify::task() {
  const auto& after = state<task::State>();
  const auto& event = std::any_cast<const task::Event&>(happened_.event.event);
  if (const auto* reminder = std::get_if<task::Reminded>(&event)) return reminded(*reminder);
  if (const auto* escalated = std::get_if<task::Escalated>(&event)) {
    return tell(escalated->to.empty()
                    ? task::audience(after, {"role:admin", "role:owner"}, std::nullopt, people())
                    : Names{escalated->to},
                about_task("task_escalated", Urgency::urgent));
  }
  if (const auto* given = std::get_if<task::Reassigned>(&event)) {
    return tell({given->to}, about_task("task_assigned", Urgency::info), false);
  }
  if (const auto* ended = std::get_if<task::DeferralEnded>(&event)) return deferral_ended(*ended);
}

void Notify::decided(std::string kind, const std::string& by, const std::string& words) {
  const auto& gate = state<gate::State>();
  notification::Created created;
  created.kind = std::move(kind);
  created.title = gate.opened.title;
  if (!gate.opened.subject.pipeline_name.empty()) {
    created.title += ": " + gate.opened.subject.pipeline_name;
  }
  created.body =
      excerpt(words + " by " + by + (gate.reason.empty() ? "" : ": " + gate.reason), longest_body);
  created.entity_type = "approval";
  created.entity_id = happened_.stream;
  created.pipeline_id = gate.opened.subject.pipeline_id;
  created.action_url = "/v1/approvals/" + happened_.stream;
  created.channels = {NotifyChannel::in_app};
  Names names{gate.opened.requester};
  // A report that was submitted again is of all who did.
  if (gate.opened.subject.matter) {
    names.insert(names.end(), gate.opened.reporters.begin(), gate.opened.reporters.end());
  }
  tell(names, created, false);
}

void Notify::gate() {
  const auto& event = std::any_cast<const gate::Event&>(happened_.event.event);
  if (const auto* approved = std::get_if<gate::Approved>(&event)) {
    decided("approval_approved", approved->by, "Approved");
  }
  if (const auto* rejected = std::get_if<gate::Rejected>(&event)) {
    decided("approval_rejected", rejected->by, "Rejected");
  }
}

void Notify::pipeline() {
  const auto& event = std::any_cast<const pipeline::Event&>(happened_.event.event);
  const auto& after = state<pipeline::State>();
  notification::Created created;
  if (const auto* failed = std::get_if<pipeline::Failed>(&event)) {
    created.kind = "pipeline_failed";
    created.severity = Urgency::urgent;
    created.body = excerpt("Failed in stage " + failed->stage + ".", longest_body);
  } else if (std::holds_alternative<pipeline::Completed>(event)) {
    created.kind = "pipeline_completed";
    created.body = "All stages are done.";
  } else {
    return;
  }
  created.title = after.created->name;
  created.entity_type = pipeline::Definition::kind;
  created.entity_id = happened_.stream;
  created.pipeline_id = happened_.stream;
  created.action_url = "/v1/pipelines/" + happened_.stream;
  created.channels = {NotifyChannel::in_app};
  Names names{after.created->created_by};
  if (after.assignee != names.front()) names.push_back(after.assignee);
  tell(names, created, false);
}

/// Where a comment stands, as a path of this server.
std::string path_of(const comment::Subject& subject) {
  return "/v1/" + std::string(name_of(subject.kind)) + "s/" + subject.id;
}

void Notify::mentioned(const Names& names, const std::string& by, const std::string& text) {
  const comment::Subject& subject = state<comment::State>().posted.subject;
  notification::Created created;
  created.kind = "mention";
  created.title = by + " mentioned you: " + subject.title;
  created.body = excerpt(text, longest_body);
  created.entity_type = name_of(subject.kind);
  created.entity_id = subject.id;
  created.pipeline_id = subject.pipeline_id;
  created.action_url = path_of(subject);
  created.channels = {NotifyChannel::in_app};
  tell(names, created, false);
}

/// Whoever a text names is told once, however often it is edited.
void Notify::comment() {
  const auto& event = std::any_cast<const comment::Event&>(happened_.event.event);
  if (const auto* posted = std::get_if<comment::Posted>(&event)) {
    mentioned(posted->mentions, posted->by, posted->text);
  }
  if (const auto* edited = std::get_if<comment::Edited>(&event)) {
    mentioned(edited->newly_mentioned, edited->by, edited->text);
  }
}

/// One that the server itself has given up is told of to those who can mend it.
void Notify::webhook() {
  const auto& event = std::any_cast<const webhook::Event&>(happened_.event.event);
  const auto* const disabled = std::get_if<webhook::Disabled>(&event);
  if (disabled == nullptr || disabled->cause == webhook::Cause::requested) return;
  notification::Created created;
  created.kind = "webhook_disabled";
  created.severity = Urgency::warning;
  created.title = "A webhook is disabled: " + state<webhook::State>().registered.url;
  created.body = excerpt(disabled->reason, longest_body);
  created.entity_type = webhook::Definition::kind;
  created.entity_id = happened_.stream;
  created.action_url = "/v1/webhooks/" + happened_.stream;
  created.channels = {NotifyChannel::in_app};
  Names names;
  for (const Person& person : people().people) {
    const bool mends = std::any_of(person.roles.begin(), person.roles.end(), [](Role role) {
      return role == Role::owner || role == Role::admin;
    });
    if (mends) names.push_back(person.id);
  }
  tell(names, created);
}

}  // namespace

void follow_notify(const Happened& happened, std::vector<Command>& out) {
  Notify notify(happened, out);
  if (happened.kind == task::Definition::kind) notify.task();
  if (happened.kind == gate::Definition::kind) notify.gate();
  if (happened.kind == pipeline::Definition::kind) notify.pipeline();
  if (happened.kind == comment::Definition::kind) notify.comment();
  if (happened.kind == webhook::Definition::kind) notify.webhook();
}

}  // namespace factory::flows
