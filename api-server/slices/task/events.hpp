#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/clock.hpp"
#include "domain/calendar.hpp"
#include "domain/ladder.hpp"
#include "domain/policy.hpp"

/// What can happen to a task.
namespace factory::task {

enum class Type { approval, review, decision, manual_action, fix_required };

struct Created {
  static constexpr std::string_view type = "task.created";
  Type kind = Type::approval;
  std::string title;
  std::string description;
  JsonText context;  ///< what a decision-maker needs to know; for fix_required the feedback
  std::string pipeline_id;
  std::string pipeline_name;
  std::string stage;
  std::string gate_id;  ///< of an approval: the gate that this task decides
  Priority priority = Priority::medium;
  SlaTable sla{};
  std::string assignee;
  bool blocks = true;   ///< whether the pipeline cannot go on without it
  bool paused = false;  ///< created while the pipeline stood still
  Time at{};
  std::shared_ptr<const Ladder> ladder = nullptr;      ///< null: plain_ladder()
  std::shared_ptr<const Calendar> calendar = nullptr;  ///< when its clock runs; null: always
  static constexpr auto fields() {
    return std::tuple{field("kind", &Created::kind),
                      field("title", &Created::title),
                      field("description", &Created::description),
                      field("context", &Created::context),
                      field("pipeline_id", &Created::pipeline_id),
                      field("pipeline_name", &Created::pipeline_name),
                      field("stage", &Created::stage),
                      field("gate_id", &Created::gate_id),
                      field("priority", &Created::priority),
                      field("sla", &Created::sla),
                      field("assignee", &Created::assignee),
                      field("blocks", &Created::blocks),
                      field("paused", &Created::paused),
                      field("at", &Created::at),
                      field("ladder", &Created::ladder),
                      field("calendar", &Created::calendar)};
  }
};

struct Claimed {
  static constexpr std::string_view type = "task.claimed";
  std::string by;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("by", &Claimed::by), field("at", &Claimed::at)};
  }
};

/// Who has claimed it says that they have begun.
struct Started {
  static constexpr std::string_view type = "task.started";
  std::string by;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("by", &Started::by), field("at", &Started::at)};
  }
};

struct Released {
  static constexpr std::string_view type = "task.released";
  std::string by;
  Time at{};
  std::string from{};    ///< who had claimed it
  std::string reason{};  ///< why it was taken from them; empty: somebody released it
  static constexpr auto fields() {
    return std::tuple{field("by", &Released::by), field("at", &Released::at),
                      field("from", &Released::from), field("reason", &Released::reason)};
  }
};

struct Reassigned {
  static constexpr std::string_view type = "task.reassigned";
  std::string from;
  std::string to;  ///< empty: nobody
  std::string by;
  std::string reason;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("from", &Reassigned::from), field("to", &Reassigned::to),
                      field("by", &Reassigned::by), field("reason", &Reassigned::reason),
                      field("at", &Reassigned::at)};
  }
};

/// The SLA is counted anew from the creation with the new priority's minutes: what was warned of
/// or breached under the old ones and is still ahead under the new ones, counts no more.
struct PriorityChanged {
  static constexpr std::string_view type = "task.priority_changed";
  Priority from = Priority::medium;
  Priority to = Priority::medium;
  std::string reason;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("from", &PriorityChanged::from), field("to", &PriorityChanged::to),
                      field("reason", &PriorityChanged::reason), field("at", &PriorityChanged::at)};
  }
};

struct Completed {
  static constexpr std::string_view type = "task.completed";
  std::string decision;  ///< approved, rejected, or done for what was no decision
  std::string notes;
  JsonText output;
  std::string by;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("decision", &Completed::decision), field("notes", &Completed::notes),
                      field("output", &Completed::output), field("by", &Completed::by),
                      field("at", &Completed::at)};
  }
};

/// Nobody decided in time: the deadline of its gate did.
struct Expired {
  static constexpr std::string_view type = "task.expired";
  std::string decision;  ///< approved or rejected
  std::string notes;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("decision", &Expired::decision), field("notes", &Expired::notes),
                      field("at", &Expired::at)};
  }
};

/// Somebody who could take it wants to see it again at a later moment. It is a moment of the
/// calendar on the wall: it comes whether the task's clock runs or not.
struct Deferred {
  static constexpr std::string_view type = "task.deferred";
  Time until{};
  std::string reason;
  std::string by;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("until", &Deferred::until), field("reason", &Deferred::reason),
                      field("by", &Deferred::by), field("at", &Deferred::at)};
  }
};

/// The moment has come, or somebody took it up before. Of the reminders that were held back the
/// last one is given still.
struct DeferralEnded {
  static constexpr std::string_view type = "task.deferral_ended";
  std::string deferred_by;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("deferred_by", &DeferralEnded::deferred_by),
                      field("at", &DeferralEnded::at)};
  }
};

/// The gate of an approval task waits again. The time in between is not counted by the SLA.
struct Reopened {
  static constexpr std::string_view type = "task.reopened";
  std::string reason;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("reason", &Reopened::reason), field("at", &Reopened::at)};
  }
};

struct Cancelled {
  static constexpr std::string_view type = "task.cancelled";
  std::string reason;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("reason", &Cancelled::reason), field("at", &Cancelled::at)};
  }
};

struct SlaWarned {
  static constexpr std::string_view type = "task.sla_warning";
  Time at{};
  static constexpr auto fields() { return std::tuple{field("at", &SlaWarned::at)}; }
};
struct SlaBreached {
  static constexpr std::string_view type = "task.sla_breached";
  Time at{};
  static constexpr auto fields() { return std::tuple{field("at", &SlaBreached::at)}; }
};
struct Escalated {
  static constexpr std::string_view type = "task.escalated";
  int level = 1;
  std::string to;  ///< a person; empty: the admins and owners
  std::string reason;
  bool by_sla = false;  ///< the SLA's own last step, which happens once
  Time at{};
  std::string by{};  ///< who called for it; empty: the clock
  static constexpr auto fields() {
    return std::tuple{field("level", &Escalated::level),   field("to", &Escalated::to),
                      field("reason", &Escalated::reason), field("by_sla", &Escalated::by_sla),
                      field("at", &Escalated::at),         field("by", &Escalated::by)};
  }
};
struct ClockPaused {
  static constexpr std::string_view type = "task.clock_paused";
  Time at{};
  static constexpr auto fields() { return std::tuple{field("at", &ClockPaused::at)}; }
};
struct ClockResumed {
  static constexpr std::string_view type = "task.clock_resumed";
  Time at{};
  static constexpr auto fields() { return std::tuple{field("at", &ClockResumed::at)}; }
};

/// A step of the ladder was taken: these persons are told through these channels.
struct Reminded {
  static constexpr std::string_view type = "task.reminded";
  int step = 0;  ///< place in the ladder
  std::string name;
  std::vector<std::string> to;          ///< the audience, as the ladder names it
  std::vector<std::string> recipients;  ///< who that was, in order of name
  int others = 0;                       ///< who were too many to be told one by one
  std::vector<NotifyChannel> channels;  ///< of the step, those that there are
  Urgency severity = Urgency::info;
  Mention mention = Mention::told;
  std::string next;             ///< the step after it; empty: none
  std::optional<Time> next_at;  ///< as its clock stands now
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("step", &Reminded::step),
                      field("name", &Reminded::name),
                      field("to", &Reminded::to),
                      field("recipients", &Reminded::recipients),
                      field("others", &Reminded::others),
                      field("channels", &Reminded::channels),
                      field("severity", &Reminded::severity),
                      field("mention", &Reminded::mention),
                      field("next", &Reminded::next),
                      field("next_at", &Reminded::next_at),
                      field("at", &Reminded::at)};
  }
};

using Event = std::variant<Created, Claimed, Released, Reassigned, PriorityChanged, Completed,
                           Reopened, Cancelled, SlaWarned, SlaBreached, Escalated, ClockPaused,
                           ClockResumed, Reminded, Started, Expired, Deferred, DeferralEnded>;

}  // namespace factory::task

namespace factory {
template <>
struct EnumNames<task::Type> {
  static constexpr std::array<std::string_view, 5> names{"approval", "review", "decision",
                                                         "manual_action", "fix_required"};
};
}  // namespace factory
