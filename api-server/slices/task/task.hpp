#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "domain/calendar.hpp"
#include "domain/decision.hpp"
#include "domain/ladder.hpp"
#include "domain/policy.hpp"

/// A task: an item of the one queue of things that wait for somebody.
namespace factory::task {

enum class Type { approval, review, decision, manual_action, fix_required };
/// `escalated` is a task whose SLA was missed and which went to the admins: it waits still.
enum class Status { none, pending, claimed, in_progress, escalated, completed, expired, cancelled };

// --- events -----------------------------------------------------------------------------------

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
  static constexpr auto fields() {
    return std::tuple{field("level", &Escalated::level), field("to", &Escalated::to),
                      field("reason", &Escalated::reason), field("by_sla", &Escalated::by_sla),
                      field("at", &Escalated::at)};
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

using Event =
    std::variant<Created, Claimed, Released, Reassigned, PriorityChanged, Completed, Reopened,
                 Cancelled, SlaWarned, SlaBreached, Escalated, ClockPaused, ClockResumed, Reminded>;

// --- state ------------------------------------------------------------------------------------

struct State {
  Status status = Status::none;
  Created created;  ///< as it was created; priority is kept current
  std::string
      assignee;        ///< who it was given to; a claim passes over it and a release returns to it
  bool given = false;  ///< somebody named the assignee by hand
  std::string claimed_by;
  std::optional<Time> claimed_at;
  std::optional<Released> taken_from;  ///< the last one that lost it, until somebody claims it
  std::optional<Completed> completion;
  std::string cancel_reason;
  bool sla_warned = false;
  bool sla_breached = false;
  bool sla_escalated = false;
  int escalation_level = 0;
  std::string escalated_to;
  Time waiting_since{};           ///< its creation, or when it was reopened
  Millis paused_for{0};           ///< how much of its time the clock has stood still so far
  std::optional<Time> paused_at;  ///< since when it stands still now
  std::vector<Reminded> told;     ///< the last steps of the ladder that were taken, oldest first
  std::vector<bool> taken;        ///< by step of the ladder; shorter: the others were not
  Time updated_at{};

  /// The moment `minutes` of running clock after creation; nullopt for 0 minutes or while paused.
  [[nodiscard]] std::optional<Time> due(int minutes) const;
  /// How much of its time lies between two moments: that of its calendar, if it has one.
  [[nodiscard]] Millis clock_between(Time since, Time until) const;
  [[nodiscard]] const Sla& sla() const;  ///< of the current priority
  [[nodiscard]] const Ladder& ladder() const;
  [[nodiscard]] bool open() const;                  ///< still waits for somebody
  [[nodiscard]] const std::string& holder() const;  ///< whose it is now: claimer, else assignee
};

/// How many of the steps that were taken a task shows.
inline constexpr std::size_t most_told = 24;
/// Persons that one step tells by name.
inline constexpr std::size_t most_recipients = 50;

/// When the timers must fire as things stand, in the order of timer_names; nullopt: not set.
/// `ladder` is that of the next step.
inline constexpr std::string_view ladder_timer = "ladder";
inline constexpr std::array<std::string_view, 4> timer_names{"sla_warning", "sla_breach",
                                                             "sla_escalation", ladder_timer};
std::array<std::optional<Time>, 4> schedule(const State& state);

/// Of a task that was given none: who must act is told of its creation, of the warning and of the
/// breach of its SLA.
const Ladder& plain_ladder();

/// A step of the ladder that has not been taken.
struct NextStep {
  std::size_t index = 0;
  Time due{};
};
/// The one that comes next, as the clock runs now: not while it stands still, and none after the
/// deadline that is counted from the creation. Of several at one moment the first.
std::optional<NextStep> next_step(const State& state);

/// Everybody whom the words of an audience mean now (LadderStep::to), in order of name. `able`: who
/// can decide its gate now; nullopt: it has none.
std::vector<std::string> audience(const State& state, const std::vector<std::string>& to,
                                  const std::optional<std::vector<std::string>>& able,
                                  const Directory& people);

// --- commands ---------------------------------------------------------------------------------

struct Create {
  Created created;  ///< `at` is filled by decide
};
struct Claim {
  bool only_free = false;  ///< refused also to who has claimed it already
};
struct Release {};
/// From inside the house: `from` can work on it no more.
struct GiveBack {
  std::string from;
  std::string reason;
};
struct Reassign {
  std::string to;
  std::string reason;
};
struct SetPriority {
  Priority priority = Priority::medium;
  std::string reason;
  bool follows = false;  ///< its pipeline's priority changed: a closed task stays as it is
};
/// For tasks that decide no gate; an approval task is refused with where to decide.
/// Decisions: review and decision "approved" or "rejected", manual_action those or "done",
/// fix_required "done".
struct Complete {
  std::string decision;
  std::string notes;
  JsonText output;
};
/// From inside the house: its gate was decided, or the work that it asked for was reported.
struct Resolve {
  std::string decision;
  std::string notes;
  std::string by;
};
struct Reopen {
  std::string reason;
};
struct Cancel {
  std::string reason;
};
struct Escalate {
  std::string to;
  std::string reason;
};
struct PauseClock {};
struct ResumeClock {};
struct TimerFired {
  std::string name;  ///< one of timer_names
  /// "ladder" alone: who can decide its gate now; nullopt: it has none.
  std::optional<std::vector<std::string>> able = std::nullopt;
};
using Command =
    std::variant<Create, Claim, Release, Reassign, SetPriority, Complete, Resolve, Reopen, Cancel,
                 Escalate, PauseClock, ResumeClock, TimerFired, GiveBack>;

// --- the slice --------------------------------------------------------------------------------

/// Whether agents may have tasks of this type and do them: work, never a decision.
bool for_agents(Type kind);

/// What comes from inside the house (Create, Resolve, Reopen, Cancel, Escalate, GiveBack,
/// the clock and the timers) asks for no right, and but for Create and Reopen changes
/// nothing on a closed task.
Result<Decision<Event>> decide(const State& state, const Command& command, const Ctx& ctx);
State evolve(State state, const Event& event);
View view(const std::string& id, const State& state);

struct Definition {
  using State = task::State;
  using Command = task::Command;
  using Event = task::Event;
  static constexpr std::string_view kind = "task";
  static constexpr std::string_view prefix = "task";
  static constexpr int view_version = 3;
  static Command timer_fired(const std::string& name) { return TimerFired{name}; }
};

}  // namespace factory::task

namespace factory {
template <>
struct EnumNames<task::Type> {
  static constexpr std::array<std::string_view, 5> names{"approval", "review", "decision",
                                                         "manual_action", "fix_required"};
};
template <>
struct EnumNames<task::Status> {
  static constexpr std::array<std::string_view, 8> names{"none",        "pending",   "claimed",
                                                         "in_progress", "escalated", "completed",
                                                         "expired",     "cancelled"};
};
}  // namespace factory
