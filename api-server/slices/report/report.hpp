#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "domain/decision.hpp"
#include "domain/standing.hpp"
#include "slices/report/events.hpp"

/// A go-live report: what a developer says about a server before it goes live, reviewed at a gate.
/// There is one of a repository, with its submissions one after the other; each needs its review.
namespace factory::report {

enum class Status { none, pending_review, approved, rejected };

// --- state ------------------------------------------------------------------------------------

/// How the review of a submission ended.
struct Outcome {
  std::string by;
  std::string reviewed_by;
  std::string notes;
  Time at{};
};

/// A submission that another has taken the place of.
struct Past {
  int submission = 1;
  Status status = Status::pending_review;  ///< pending_review: superseded before it was decided
  std::string server_name;
  std::string report_digest;
  std::string by;
  Time at{};
  std::string gate_id;
  std::optional<Outcome> outcome;
};

struct State {
  Status status = Status::none;
  Submitted current;            ///< the newest submission
  ReviewPlan plan;              ///< of the gate that opened last
  std::string digest;           ///< of what is decided on: subject_digest() of this state
  std::string approved_digest;  ///< what `digest` was when it was approved last
  /// Who submitted what the gate decides on, the first of them first.
  std::vector<std::string> submitters;
  std::map<std::string, CheckReported> checks;  ///< by name: what each said last
  std::map<std::string, Exempted> exemptions;   ///< by check: those that have not expired
  std::vector<ReviewGiven> given;               ///< for what stands now, the latest of each person
  std::optional<Outcome> outcome;
  std::vector<Past> history;  ///< the latest 50
  Time updated_at{};

  [[nodiscard]] Involved involved() const;
  /// Checks that fail and have no exemption, by name; of those that have expired by `now` none
  /// counts, also if their end is not written yet.
  [[nodiscard]] std::vector<std::string> failing(Time now = Time::min()) const;
};

/// Stands for all that a reviewer is shown: the submission, its text, checks and exemptions.
std::string subject_digest(const State& state);

// --- commands ---------------------------------------------------------------------------------

struct Submit {
  Submitted submitted;  ///< number, ids, digest, `by` and `at` are filled by decide; plan is set
};
/// Approve or reject over the report's own route.
struct Review {
  Verdict verdict = Verdict::approved;
  std::string reviewed_by;
  std::string notes;
  std::vector<std::string> requested_changes;
  std::string digest;  ///< of what the person was shown; empty takes the current one
};
struct ReportCheck {
  std::string name;
  CheckStatus status = CheckStatus::pass;
  std::string details;
};
struct Exempt {
  std::string check;
  std::string reason;
  Time expires_at{};
};
// From inside the house: what became of the gate. Refused when the report waits for another.
struct GateApproved {
  std::string gate_id;
  std::string by;
  std::string notes;
};
struct GateRejected {
  std::string gate_id;
  std::string by;
  std::string reason;
};
struct GateRescinded {
  std::string gate_id;
  std::string person;
  bool reopened = false;
};
struct TimerFired {
  std::string name;  ///< "exemptions"
};
using Command = std::variant<Submit, Review, ReportCheck, Exempt, GateApproved, GateRejected,
                             GateRescinded, TimerFired>;

// --- the slice --------------------------------------------------------------------------------

/// An approval with failing checks that nobody exempted is refused (`checks_failed`), whichever way
/// it comes: the gate's own decision is refused with it.
Result<Decision<Event>> decide(const State& state, const Command& command, const Ctx& ctx);
State evolve(State state, const Event& event);
View view(const std::string& id, const State& state);  ///< without the text of the report

struct Definition {
  using State = report::State;
  using Command = report::Command;
  using Event = report::Event;
  static constexpr std::string_view kind = "report";
  static constexpr std::string_view prefix = "report";
  static constexpr int view_version = 1;
  static Command timer_fired(const std::string& name) { return TimerFired{name}; }
};

}  // namespace factory::report

namespace factory {
template <>
struct EnumNames<report::Status> {
  static constexpr std::array<std::string_view, 4> names{"none", "pending_review", "approved",
                                                         "rejected"};
};
}  // namespace factory
