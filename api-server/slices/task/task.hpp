#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "domain/decision.hpp"
#include "slices/task/events.hpp"

/// A task: an item of the one queue of things that wait for somebody.
namespace factory::task {

/// `escalated` is a task whose SLA was missed and which went to the admins: it waits still.
enum class Status { none, pending, claimed, in_progress, escalated, completed, expired, cancelled };

// --- state ------------------------------------------------------------------------------------

struct State {
  Status status = Status::none;
  Created created;  ///< as it was created; priority is kept current
  std::string
      assignee;        ///< who it was given to; a claim passes over it and a release returns to it
  bool given = false;  ///< somebody named the assignee by hand
  std::string claimed_by;
  std::optional<Time> claimed_at;
  std::optional<Time> started_at;      ///< by who has claimed it
  std::optional<Released> taken_from;  ///< the last one that lost it, until somebody claims it
  std::optional<Completed> completion;
  std::string cancel_reason;
  bool sla_warned = false;
  bool sla_breached = false;
  bool sla_escalated = false;
  int escalation_level = 0;
  std::string escalated_to;
  std::optional<Escalated> called;   ///< the last escalation by somebody, unless put off since
  std::optional<Deferred> deferral;  ///< while it lasts
  Time waiting_since{};              ///< its creation, or when it was reopened
  Millis paused_for{0};              ///< how much of its time the clock has stood still so far
  std::optional<Time> paused_at;     ///< since when it stands still now
  std::vector<Reminded> told;        ///< the last steps of the ladder that were taken, oldest first
  std::vector<bool> taken;           ///< by step of the ladder; shorter: the others were not
  Time updated_at{};

  /// The moment `minutes` of running clock after creation; nullopt for 0 minutes or while paused.
  [[nodiscard]] std::optional<Time> due(int minutes) const;
  /// How much of its time lies between two moments: that of its calendar, if it has one.
  [[nodiscard]] Millis clock_between(Time since, Time until) const;
  [[nodiscard]] Millis running(Time at) const;  ///< how long its clock has run until then
  [[nodiscard]] const Sla& sla() const;         ///< of the current priority
  [[nodiscard]] const Ladder& ladder() const;
  [[nodiscard]] bool open() const;                  ///< still waits for somebody
  [[nodiscard]] const std::string& holder() const;  ///< whose it is now: claimer, else assignee
};

/// How many of the steps that were taken a task shows.
inline constexpr std::size_t most_told = 24;
/// Persons that one step tells by name.
inline constexpr std::size_t most_recipients = 50;

inline constexpr Millis longest_deferral{std::int64_t{30} * 24 * 3'600'000};

/// When the timers must fire as things stand, in the order of timer_names; nullopt: not set.
/// `ladder` is that of the next step.
inline constexpr std::string_view ladder_timer = "ladder";
inline constexpr std::array<std::string_view, 5> timer_names{
    "sla_warning", "sla_breach", "sla_escalation", ladder_timer, "deferral"};
std::array<std::optional<Time>, timer_names.size()> schedule(const State& state);

/// Of a task that was given none: who must act is told of its creation, of the warning and of the
/// breach of its SLA.
const Ladder& plain_ladder();

/// A step of the ladder that has not been taken.
struct NextStep {
  std::size_t index = 0;
  Time due{};
};
/// The one that comes next, as the clock runs now: not while it stands still, and none after the
/// deadline that is counted from the creation. Of several at one moment the first. While the task
/// is deferred only those that are counted from the deadline or its warning come.
std::optional<NextStep> next_step(const State& state);

/// The steps that came due until `at` and were held back by a deferral, but for the last of them.
std::vector<std::size_t> missed_steps(const State& state, Time at);

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
/// Who may claim it has begun with it; claims it, if it is free.
struct Start {};
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
  bool expired = false;  ///< its gate's deadline decided, and nobody
};
/// Who may claim it puts it off: no reminders until then. The deadline stays what it is.
struct Defer {
  Time until{};  ///< ahead, and at most `longest_deferral`
  std::string reason;
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
                 Escalate, PauseClock, ResumeClock, TimerFired, GiveBack, Start, Defer>;

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
struct EnumNames<task::Status> {
  static constexpr std::array<std::string_view, 8> names{"none",        "pending",   "claimed",
                                                         "in_progress", "escalated", "completed",
                                                         "expired",     "cancelled"};
};
}  // namespace factory
