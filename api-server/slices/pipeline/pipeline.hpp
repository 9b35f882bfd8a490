#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "domain/decision.hpp"
#include "domain/plan.hpp"
#include "slices/pipeline/events.hpp"

/// A pipeline: one build of one product on its way through the stages of its plan.
namespace factory::pipeline {

enum class Status { none, active, paused, completed, failed, archived };

// --- state ------------------------------------------------------------------------------------

struct StageState {
  StageStatus status = StageStatus::pending;
  int visits = 0;  ///< how often it was entered
  std::optional<Time> entered_at;
  std::optional<Time> left_at;
  bool work_started = false;           ///< in this visit
  std::string worker;                  ///< who has its work in hand; empty: nobody
  bool work_completed = false;         ///< in this visit
  bool checks_waived = false;          ///< an admin skipped the validation in this visit
  bool gate_approved = false;          ///< in this visit
  std::vector<std::string> reporters;  ///< who reported in this visit
  Evidence evidence;                   ///< of this visit, the latest of each kind
};

/// An approval whose released work has not started: the only one that can still be taken back.
struct Released {
  GateRequested request;
  int stage = -1;  ///< where the gate stood
};

struct OpenFix {
  std::string task_id;
  std::string stage;
};

struct State {
  Status status = Status::none;
  std::shared_ptr<const Created> created;  ///< never null once the pipeline exists; never changes
  Priority priority = Priority::medium;
  JsonText config;
  std::string assignee;
  std::string description;
  int current = -1;  ///< index into the plan's stages
  std::vector<StageState> stages;
  std::optional<GateRequested> gate;  ///< the gate that the pipeline waits at
  std::optional<Released> released;
  std::vector<OpenFix> fixes;
  bool paused = false;        ///< also when a failed pipeline was paused before
  std::string reason;         ///< of the failure, pause or archiving
  std::optional<Time> since;  ///< since when the status is what it is
  std::optional<Time> completed_at;
  Time updated_at{};

  [[nodiscard]] int index_of(const std::string& stage) const;  ///< -1 if there is none
  [[nodiscard]] const StagePlan& plan(int index) const {
    return created->plan->stages.at(static_cast<std::size_t>(index));
  }
  [[nodiscard]] const StageState& at(int index) const {
    return stages.at(static_cast<std::size_t>(index));
  }
  [[nodiscard]] bool is_last(int index) const {
    return index + 1 == static_cast<int>(stages.size());
  }
};

// --- commands ---------------------------------------------------------------------------------

struct Create {
  Created created;  ///< `at` and `created_by` are filled by decide
};
struct Update {
  std::optional<Priority> priority;
  std::optional<JsonText> config;  ///< replaces the whole config
  std::optional<std::string> assignee;
  std::optional<std::string> description;
  std::string reason;
};
struct Pause {
  std::string reason;
};
struct Resume {};
struct StartWork {
  std::string stage;
};
/// As StartWork, and refused if somebody has the work in hand or a fix of it is asked for.
struct TakeWork {
  std::string stage;
};
/// From inside the house: `worker` has the stage's work in hand no more.
struct ReleaseWork {
  std::string stage;
  std::string worker;
  std::string reason;
};
/// Evidence without finishing the stage (a test run). Failed tests ask for a fix.
struct AddEvidence {
  std::string stage;
  Evidence evidence;
};
/// The stage's work is reported. `succeeded` false: it did not work out, a fix is asked for.
struct CompleteWork {
  std::string stage;
  bool succeeded = true;
  Evidence evidence;
};
/// To the next stage, or forward to `target`: stages in between are marked skipped. Never past a
/// gate. `skip_validation`: checks that do not hold are recorded instead of refused (admins).
struct Advance {
  std::string target;
  std::string notes;
  bool skip_validation = false;
};
struct Fail {
  std::string reason;
};
struct Retry {
  std::string target;  ///< empty: what the template says, else the stage before
  std::string reason;
};
struct Archive {
  std::string reason;
};
/// From the gate: how it was decided.
struct GateApproved {
  std::string gate_id;
};
struct GateRejected {
  std::string gate_id;
  std::string by;
  std::string reason;
  std::vector<std::string> requested_changes;
  std::string severity;
};
struct GateReopened {
  std::string gate_id;
};
/// From the task: somebody put right by hand what the fix asked for.
struct FixDone {
  std::string task_id;
};
using Command = std::variant<Create, Update, Pause, Resume, StartWork, AddEvidence, CompleteWork,
                             Advance, Fail, Retry, Archive, GateApproved, GateRejected,
                             GateReopened, FixDone, TakeWork, ReleaseWork>;

// --- the slice --------------------------------------------------------------------------------

/// Which checks of the stage do not hold, in words; empty: all hold.
std::vector<std::string> failing_checks(const State& state, int stage, const Evidence& evidence);

/// The digest of what a gate of this stage decides on: stage, evidence of all stages, config.
std::string subject_digest(const State& state, const std::string& stage);

/// Whether the current stage's work waits for somebody to take it.
bool work_waits(const State& state);

/// What the pipeline is called in URLs and on command lines: given, else made of name and id.
std::string slug_of(const Created& created, const std::string& id);

/// `base` with the newer parts of `added`: tests and deploy replace, assets merge by name.
Evidence merged(Evidence base, const Evidence& added);

Result<Decision<Event>> decide(const State& state, const Command& command, const Ctx& ctx);
State evolve(State state, const Event& event);
View view(const std::string& id, const State& state);

struct Definition {
  using State = pipeline::State;
  using Command = pipeline::Command;
  using Event = pipeline::Event;
  static constexpr std::string_view kind = "pipeline";
  static constexpr std::string_view prefix = "pipe";
  static constexpr int view_version = 3;
  static Command timer_fired(const std::string& /*name*/) { return Resume{}; }
};

}  // namespace factory::pipeline

namespace factory {
template <>
struct EnumNames<pipeline::Status> {
  static constexpr std::array<std::string_view, 6> names{"none",      "active", "paused",
                                                         "completed", "failed", "archived"};
};
}  // namespace factory
