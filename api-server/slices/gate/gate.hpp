#pragma once

#include <array>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "domain/decision.hpp"
#include "domain/policy.hpp"
#include "domain/standing.hpp"

/// A gate: a point where people must decide. `/v1/approvals` serves gates.
namespace factory::gate {

enum class Status { none, pending, approved, rejected, cancelled };
enum class Verdict { approve, reject };
enum class Severity { minor, major, critical };
enum class MatterKind { report };

/// What a gate decides on where that is no stage of a pipeline.
struct Matter {
  MatterKind kind = MatterKind::report;
  std::string id;
  std::string name;
  static constexpr auto fields() {
    return std::tuple{field("kind", &Matter::kind), field("id", &Matter::id),
                      field("name", &Matter::name)};
  }
};

/// What the decision is about: a stage of a pipeline, or another matter. `digest` covers all that
/// was shown of it: stage, evidence and config; of a report its text, checks and exemptions.
struct Subject {
  std::string pipeline_id;
  std::string pipeline_name;
  std::string stage;
  std::string digest;
  std::optional<Matter> matter = std::nullopt;  ///< set: the three above are empty
  static constexpr auto fields() {
    return std::tuple{field("pipeline_id", &Subject::pipeline_id),
                      field("pipeline_name", &Subject::pipeline_name),
                      field("stage", &Subject::stage), field("digest", &Subject::digest),
                      field("matter", &Subject::matter)};
  }
};

// --- events -----------------------------------------------------------------------------------

struct Opened {
  static constexpr std::string_view type = "approval.pending";
  std::string kind;  ///< stage_gate, deploy, code_review, manual_check, retry, go_live
  std::string title;
  Subject subject;
  GatePolicy policy;
  Priority priority = Priority::medium;
  std::string task_id;
  std::string requester;               ///< who created the pipeline
  std::vector<std::string> reporters;  ///< who reported the work that is decided on
  Time at{};
  std::optional<Time> deadline;  ///< if its clock ran from the start
  bool paused = false;  ///< opened while the pipeline stood still: the clock starts on resume
  static constexpr auto fields() {
    return std::tuple{field("kind", &Opened::kind),
                      field("title", &Opened::title),
                      field("subject", &Opened::subject),
                      field("policy", &Opened::policy),
                      field("priority", &Opened::priority),
                      field("task_id", &Opened::task_id),
                      field("requester", &Opened::requester),
                      field("reporters", &Opened::reporters),
                      field("at", &Opened::at),
                      field("deadline", &Opened::deadline),
                      field("paused", &Opened::paused)};
  }
};

/// A person decided. The gate closes in the same commit if that was the last place to fill.
struct Voted {
  static constexpr std::string_view type = "approval.voted";
  std::string person;
  std::string on_behalf_of;  ///< the delegator, if the person decided by delegation
  std::string channel;
  Verdict verdict = Verdict::approve;
  std::string notes;                           ///< approval notes or the reason of a rejection
  std::vector<std::string> conditions;         ///< of an approval
  std::vector<std::string> requested_changes;  ///< of a rejection
  Severity severity = Severity::major;
  std::string digest;         ///< of what the person was shown
  bool digest_given = false;  ///< false: the caller named none, the current one was taken
  Time at{};
  std::string comment_id = {};  ///< of the comment that carried the decision; empty: none did
  static constexpr auto fields() {
    return std::tuple{field("person", &Voted::person),
                      field("on_behalf_of", &Voted::on_behalf_of),
                      field("channel", &Voted::channel),
                      field("verdict", &Voted::verdict),
                      field("notes", &Voted::notes),
                      field("conditions", &Voted::conditions),
                      field("requested_changes", &Voted::requested_changes),
                      field("severity", &Voted::severity),
                      field("digest", &Voted::digest),
                      field("digest_given", &Voted::digest_given),
                      field("at", &Voted::at),
                      field("comment_id", &Voted::comment_id)};
  }
};

struct Approved {
  static constexpr std::string_view type = "approval.approved";
  std::string by;  ///< the deciding person, or "system" when the deadline decided
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("by", &Approved::by), field("at", &Approved::at)};
  }
};

struct Rejected {
  static constexpr std::string_view type = "approval.rejected";
  std::string by;
  std::string reason;
  std::vector<std::string> requested_changes;
  Severity severity = Severity::major;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("by", &Rejected::by), field("reason", &Rejected::reason),
                      field("requested_changes", &Rejected::requested_changes),
                      field("severity", &Rejected::severity), field("at", &Rejected::at)};
  }
};

/// A vote was taken back. `reopened`: it was the deciding one, the gate waits again.
struct Rescinded {
  static constexpr std::string_view type = "approval.rescinded";
  std::string person;
  std::string reason;
  bool reopened = false;
  Time at{};
  std::optional<Time> deadline;  ///< the new one, if reopened
  static constexpr auto fields() {
    return std::tuple{field("person", &Rescinded::person), field("reason", &Rescinded::reason),
                      field("reopened", &Rescinded::reopened), field("at", &Rescinded::at),
                      field("deadline", &Rescinded::deadline)};
  }
};

/// The work that the approval released has started: nothing can be taken back any more.
struct Consumed {
  static constexpr std::string_view type = "approval.consumed";
  Time at{};
  static constexpr auto fields() { return std::tuple{field("at", &Consumed::at)}; }
};

/// One person lets another decide in their place.
struct Delegated {
  static constexpr std::string_view type = "approval.delegated";
  std::string from;
  std::string to;
  std::string reason;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("from", &Delegated::from), field("to", &Delegated::to),
                      field("reason", &Delegated::reason), field("at", &Delegated::at)};
  }
};

/// Somebody is called to it. Nobody may decide because of it who might not before.
struct Escalated {
  static constexpr std::string_view type = "approval.escalated";
  std::string to;  ///< a person; empty: the admins and owners
  std::string reason;
  std::string by;                ///< "system" when the deadline passed
  bool deadline_passed = false;  ///< by the clock, which stands from now on
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("to", &Escalated::to), field("reason", &Escalated::reason),
                      field("by", &Escalated::by),
                      field("deadline_passed", &Escalated::deadline_passed),
                      field("at", &Escalated::at)};
  }
};

/// What is decided on has changed: votes for the old content no longer count.
struct SubjectChanged {
  static constexpr std::string_view type = "approval.subject_changed";
  std::string digest;
  std::string change;  ///< what changed, in words ("config.runtime", "evidence of testing")
  Time at{};
  /// Who put the new content there and is a reporter of it from now on; empty: nobody new.
  std::optional<std::string> reporter = std::nullopt;
  static constexpr auto fields() {
    return std::tuple{field("digest", &SubjectChanged::digest),
                      field("change", &SubjectChanged::change), field("at", &SubjectChanged::at),
                      field("reporter", &SubjectChanged::reporter)};
  }
};

struct DeadlineWarned {
  static constexpr std::string_view type = "approval.deadline_warning";
  Time at{};
  static constexpr auto fields() { return std::tuple{field("at", &DeadlineWarned::at)}; }
};

struct DeadlineExtended {
  static constexpr std::string_view type = "approval.deadline_extended";
  Time deadline{};
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("deadline", &DeadlineExtended::deadline),
                      field("at", &DeadlineExtended::at)};
  }
};

/// The deadline's clock stands still, or runs again with what was left of it.
struct ClockPaused {
  static constexpr std::string_view type = "approval.clock_paused";
  Time at{};
  static constexpr auto fields() { return std::tuple{field("at", &ClockPaused::at)}; }
};
struct ClockResumed {
  static constexpr std::string_view type = "approval.clock_resumed";
  std::optional<Time> deadline;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("deadline", &ClockResumed::deadline), field("at", &ClockResumed::at)};
  }
};

/// It follows what it is about. The deadline is the policy's and stays.
struct PriorityChanged {
  static constexpr std::string_view type = "approval.priority_changed";
  Priority priority = Priority::medium;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("priority", &PriorityChanged::priority),
                      field("at", &PriorityChanged::at)};
  }
};

/// A condition that an approval was given under is met. It stays on record for as long as the vote
/// that it came with counts.
struct ConditionMet {
  static constexpr std::string_view type = "approval.condition_met";
  std::string condition;
  std::string of;  ///< whose vote it came with
  std::string by;  ///< who says so
  std::string notes;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("condition", &ConditionMet::condition), field("of", &ConditionMet::of),
                      field("by", &ConditionMet::by), field("notes", &ConditionMet::notes),
                      field("at", &ConditionMet::at)};
  }
};

struct Cancelled {
  static constexpr std::string_view type = "approval.cancelled";
  std::string reason;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("reason", &Cancelled::reason), field("at", &Cancelled::at)};
  }
};

using Event = std::variant<Opened, Voted, Approved, Rejected, Rescinded, Consumed, Delegated,
                           Escalated, SubjectChanged, DeadlineWarned, DeadlineExtended, ClockPaused,
                           ClockResumed, PriorityChanged, Cancelled, ConditionMet>;

// --- state ------------------------------------------------------------------------------------

struct SubjectVersion {
  std::string digest;
  std::string change;  ///< what made it differ from the one before
};

struct State {
  Status status = Status::none;
  Opened opened;  ///< as it was opened; subject.digest and priority are kept current
  std::vector<SubjectVersion> versions;  ///< every digest that was shown, oldest first
  std::vector<Voted> votes;              ///< those that count now, one a person
  std::vector<ConditionMet> met;         ///< of the conditions of these votes
  std::vector<Delegated> delegations;    ///< the latest of each delegator
  std::vector<Escalated> escalations;
  std::string decided_by;
  Time decided_at{};
  std::string reason;            ///< of a rejection or cancellation
  std::optional<Time> deadline;  ///< moves on by the pause when the clock runs again
  int extensions = 0;
  bool deadline_warned = false;
  bool deadline_passed = false;   ///< without a decision; the gate waits on, escalated
  std::optional<Time> paused_at;  ///< since when the deadline's clock stands still
  bool consumed = false;
  Time updated_at{};

  [[nodiscard]] Involved involved() const { return {opened.requester, opened.reporters}; }
  /// In whose places was approved.
  [[nodiscard]] std::vector<std::string> approvers() const;
  [[nodiscard]] std::vector<Delegation> delegated() const;
  /// How a condition of this person's vote was met; nullptr: it was not.
  [[nodiscard]] const ConditionMet* met_of(const std::string& person,
                                           const std::string& condition) const;
};

// --- commands ---------------------------------------------------------------------------------

struct Open {
  Opened opened;  ///< `at` and `deadline` are filled by decide
};
/// Approve or reject. `digest`: of what the person was shown; empty takes the current one.
struct Vote {
  Verdict verdict = Verdict::approve;
  std::string notes;
  std::vector<std::string> conditions;
  std::vector<std::string> requested_changes;
  Severity severity = Severity::major;
  std::string digest;
  /// The comment that carries it: such a vote must count, or be refused with the comment.
  std::string comment_id = {};
};
struct Rescind {
  std::string reason;
};
struct Delegate {
  std::string to;
  std::string reason;
};
struct Escalate {
  std::string to;
  std::string reason;
};
struct ChangeSubject {
  std::string digest;
  std::string change;
  std::optional<std::string> reporter = std::nullopt;
};
struct SetPriority {
  Priority priority = Priority::medium;
};
struct Consume {};
struct PauseClock {};
struct ResumeClock {};
struct Cancel {
  std::string reason;
};
struct TimerFired {
  std::string name;      ///< "deadline" or "deadline_warning"
  bool refused = false;  ///< what its outcome brings was refused: it escalates instead
};
/// A person says that a condition is met. Conditions bind people, they hold nothing up here.
struct MeetCondition {
  std::string condition;  ///< as it was written
  std::string of;         ///< whose vote it came with; empty: whoever's, the first that has it open
  std::string notes;
};
using Command = std::variant<Open, Vote, Rescind, Delegate, Escalate, ChangeSubject, SetPriority,
                             Consume, PauseClock, ResumeClock, Cancel, TimerFired, MeetCondition>;

// --- the slice --------------------------------------------------------------------------------

Result<Decision<Event>> decide(const State& state, const Command& command, const Ctx& ctx);
State evolve(State state, const Event& event);
View view(const std::string& id, const State& state);

/// The difference between two digests of the subject, in words; nullopt if `shown` never stood.
std::optional<std::string> difference(const State& state, const std::string& shown);

struct Definition {
  using State = gate::State;
  using Command = gate::Command;
  using Event = gate::Event;
  static constexpr std::string_view kind = "gate";
  static constexpr std::string_view prefix = "gate";
  static constexpr int view_version = 2;
  static Command timer_fired(const std::string& name) { return TimerFired{name}; }
  static Command timer_refused(const std::string& name) { return TimerFired{name, true}; }
};

}  // namespace factory::gate

namespace factory {
template <>
struct EnumNames<gate::Status> {
  static constexpr std::array<std::string_view, 5> names{"none", "pending", "approved", "rejected",
                                                         "cancelled"};
};
template <>
struct EnumNames<gate::Verdict> {
  static constexpr std::array<std::string_view, 2> names{"approve", "reject"};
};
template <>
struct EnumNames<gate::MatterKind> {
  static constexpr std::array<std::string_view, 1> names{"report"};
};
template <>
struct EnumNames<gate::Severity> {
  static constexpr std::array<std::string_view, 3> names{"minor", "major", "critical"};
};
}  // namespace factory
