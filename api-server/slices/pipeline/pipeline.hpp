#pragma once

#include <array>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "domain/decision.hpp"
#include "domain/plan.hpp"

/// A pipeline: one build of one product on its way through the stages of its plan.
namespace factory::pipeline {

enum class Status { none, active, paused, completed, failed, archived };
enum class StageStatus { pending, active, completed, skipped, failed };

// --- evidence ---------------------------------------------------------------------------------

struct FailedCase {
  std::string name;
  std::string message;
  static constexpr auto fields() {
    return std::tuple{field("name", &FailedCase::name), field("message", &FailedCase::message)};
  }
};

/// The bounded summary of a test report; the report itself is in the blob store.
struct TestSummary {
  std::string suite;
  int passed = 0;
  int failed = 0;  ///< failures and errors
  int skipped = 0;
  std::optional<double> coverage;   ///< percent
  std::vector<FailedCase> failures;  ///< the first 50
  std::string report_digest;        ///< of the stored report; empty: counts were given as JSON
  double duration_seconds = 0;
  static constexpr auto fields() {
    return std::tuple{field("suite", &TestSummary::suite),
                      field("passed", &TestSummary::passed),
                      field("failed", &TestSummary::failed),
                      field("skipped", &TestSummary::skipped),
                      field("coverage", &TestSummary::coverage),
                      field("failures", &TestSummary::failures),
                      field("report_digest", &TestSummary::report_digest),
                      field("duration_seconds", &TestSummary::duration_seconds)};
  }
};

struct Asset {
  std::string name;    ///< "README.md"
  std::string digest;  ///< as reported; may be empty
  static constexpr auto fields() {
    return std::tuple{field("name", &Asset::name), field("digest", &Asset::digest)};
  }
};

struct Deploy {
  std::string target;
  std::string version;
  std::string url;
  bool succeeded = false;
  static constexpr auto fields() {
    return std::tuple{field("target", &Deploy::target), field("version", &Deploy::version),
                      field("url", &Deploy::url), field("succeeded", &Deploy::succeeded)};
  }
};

struct Evidence {
  std::optional<TestSummary> tests;
  std::vector<Asset> assets;
  std::optional<Deploy> deploy;
  std::string notes;
  static constexpr auto fields() {
    return std::tuple{field("tests", &Evidence::tests), field("assets", &Evidence::assets),
                      field("deploy", &Evidence::deploy), field("notes", &Evidence::notes)};
  }
};

// --- events -----------------------------------------------------------------------------------

struct Created {
  static constexpr std::string_view type = "pipeline.created";
  std::string name;
  std::string description;
  std::string platform;
  JsonText config;
  Priority priority = Priority::medium;
  std::string created_by;
  std::string assignee;
  Plan plan;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("name", &Created::name),
                      field("description", &Created::description),
                      field("platform", &Created::platform),
                      field("config", &Created::config),
                      field("priority", &Created::priority),
                      field("created_by", &Created::created_by),
                      field("assignee", &Created::assignee),
                      field("plan", &Created::plan),
                      field("at", &Created::at)};
  }
};

/// Only what is present changed.
struct Updated {
  static constexpr std::string_view type = "pipeline.updated";
  std::optional<Priority> priority;
  std::optional<JsonText> config;
  std::optional<std::string> assignee;
  std::optional<std::string> description;
  std::string reason;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("priority", &Updated::priority), field("config", &Updated::config),
                      field("assignee", &Updated::assignee),
                      field("description", &Updated::description),
                      field("reason", &Updated::reason), field("at", &Updated::at)};
  }
};

/// The pipeline moved: `from` (empty at the start) was left as `left_as`, `to` is active now.
struct StageChanged {
  static constexpr std::string_view type = "pipeline.stage_changed";
  std::string from;
  StageStatus left_as = StageStatus::completed;
  std::string to;
  std::string cause;  ///< created, work_reported, approved, advanced, rejected, retried, rescinded
  std::string notes;
  bool skipped_validation = false;
  std::vector<std::string> skipped_checks;  ///< what did not hold when validation was skipped
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("from", &StageChanged::from),
                      field("left_as", &StageChanged::left_as),
                      field("to", &StageChanged::to),
                      field("cause", &StageChanged::cause),
                      field("notes", &StageChanged::notes),
                      field("skipped_validation", &StageChanged::skipped_validation),
                      field("skipped_checks", &StageChanged::skipped_checks),
                      field("at", &StageChanged::at)};
  }
};

/// Somebody began with the stage's work: what released it can not be taken back any more.
struct WorkStarted {
  static constexpr std::string_view type = "pipeline.work_started";
  std::string stage;
  std::string by;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("stage", &WorkStarted::stage), field("by", &WorkStarted::by),
                      field("at", &WorkStarted::at)};
  }
};

struct EvidenceAdded {
  static constexpr std::string_view type = "pipeline.evidence_added";
  std::string stage;
  Evidence evidence;
  std::string by;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("stage", &EvidenceAdded::stage),
                      field("evidence", &EvidenceAdded::evidence),
                      field("by", &EvidenceAdded::by), field("at", &EvidenceAdded::at)};
  }
};

/// The stage's work is done and its checks held (or were skipped by an admin).
struct WorkCompleted {
  static constexpr std::string_view type = "pipeline.work_completed";
  std::string stage;
  std::string by;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("stage", &WorkCompleted::stage), field("by", &WorkCompleted::by),
                      field("at", &WorkCompleted::at)};
  }
};

/// A gate is to be opened: people must decide before the pipeline goes on.
struct GateRequested {
  static constexpr std::string_view type = "pipeline.blocked";
  std::string stage;
  std::string gate_id;
  std::string task_id;
  std::string purpose;  ///< stage, or retry
  GatePlan gate;
  std::string digest;  ///< of what is decided on
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("stage", &GateRequested::stage),
                      field("gate_id", &GateRequested::gate_id),
                      field("task_id", &GateRequested::task_id),
                      field("purpose", &GateRequested::purpose),
                      field("gate", &GateRequested::gate),
                      field("digest", &GateRequested::digest), field("at", &GateRequested::at)};
  }
};

/// What the open gate decides on has changed.
struct SubjectChanged {
  static constexpr std::string_view type = "pipeline.subject_changed";
  std::string gate_id;
  std::string digest;
  std::string change;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("gate_id", &SubjectChanged::gate_id),
                      field("digest", &SubjectChanged::digest),
                      field("change", &SubjectChanged::change), field("at", &SubjectChanged::at)};
  }
};

/// The gate was decided; what follows from it stands in the events after this one.
struct GateSettled {
  static constexpr std::string_view type = "pipeline.gate_settled";
  std::string stage;
  std::string gate_id;
  std::string outcome;  ///< approved, rejected, rescinded, withdrawn
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("stage", &GateSettled::stage), field("gate_id", &GateSettled::gate_id),
                      field("outcome", &GateSettled::outcome), field("at", &GateSettled::at)};
  }
};

/// Something must be put right in the stage; a task asks for it.
struct FixRequested {
  static constexpr std::string_view type = "pipeline.fix_requested";
  std::string stage;
  std::string task_id;
  std::string title;
  std::string feedback;
  std::vector<std::string> requested_changes;
  std::string severity;
  std::string by;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("stage", &FixRequested::stage),
                      field("task_id", &FixRequested::task_id),
                      field("title", &FixRequested::title),
                      field("feedback", &FixRequested::feedback),
                      field("requested_changes", &FixRequested::requested_changes),
                      field("severity", &FixRequested::severity),
                      field("by", &FixRequested::by), field("at", &FixRequested::at)};
  }
};

/// The work that the fix asked for was reported.
struct FixResolved {
  static constexpr std::string_view type = "pipeline.fix_resolved";
  std::string task_id;
  std::string by;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("task_id", &FixResolved::task_id), field("by", &FixResolved::by),
                      field("at", &FixResolved::at)};
  }
};

struct Paused {
  static constexpr std::string_view type = "pipeline.paused";
  std::string reason;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("reason", &Paused::reason), field("at", &Paused::at)};
  }
};
struct Resumed {
  static constexpr std::string_view type = "pipeline.resumed";
  Time at{};
  static constexpr auto fields() { return std::tuple{field("at", &Resumed::at)}; }
};
struct Failed {
  static constexpr std::string_view type = "pipeline.failed";
  std::string stage;
  std::string reason;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("stage", &Failed::stage), field("reason", &Failed::reason),
                      field("at", &Failed::at)};
  }
};
struct Completed {
  static constexpr std::string_view type = "pipeline.completed";
  Time at{};
  static constexpr auto fields() { return std::tuple{field("at", &Completed::at)}; }
};
struct Archived {
  static constexpr std::string_view type = "pipeline.archived";
  std::string reason;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("reason", &Archived::reason), field("at", &Archived::at)};
  }
};

using Event = std::variant<Created, Updated, StageChanged, WorkStarted, EvidenceAdded,
                           WorkCompleted, GateRequested, SubjectChanged, GateSettled, FixRequested,
                           FixResolved, Paused, Resumed, Failed, Completed, Archived>;

// --- state ------------------------------------------------------------------------------------

struct StageState {
  StageStatus status = StageStatus::pending;
  int visits = 0;  ///< how often it was entered
  std::optional<Time> entered_at;
  std::optional<Time> left_at;
  bool work_started = false;    ///< in this visit
  bool work_completed = false;  ///< in this visit
  bool gate_approved = false;   ///< in this visit
  std::vector<std::string> reporters;  ///< who reported in this visit
  Evidence evidence;                   ///< of this visit, the latest of each kind
};

/// The gate that the pipeline waits at.
struct OpenGate {
  GateRequested request;
  std::string retry_to;  ///< for purpose retry: the stage that is entered again
};

/// An approval whose released work has not started: the only one that can still be taken back.
struct Released {
  GateRequested request;
  std::string stage;  ///< the stage that was left or whose work was released
};

struct OpenFix {
  std::string task_id;
  std::string stage;
};

struct State {
  Status status = Status::none;
  Created created;
  Priority priority = Priority::medium;
  JsonText config;
  std::string assignee;
  std::string description;
  int current = -1;  ///< index into created.plan.stages
  std::vector<StageState> stages;
  std::optional<OpenGate> gate;
  std::optional<Released> released;
  std::vector<OpenFix> fixes;
  bool paused = false;  ///< also when a failed pipeline was paused before
  std::string reason;   ///< of the failure, pause or archiving
  std::optional<Time> since;  ///< since when the status is what it is
  std::optional<Time> completed_at;
  Time updated_at{};

  [[nodiscard]] int index_of(const std::string& stage) const;  ///< -1 if there is none
  [[nodiscard]] const StagePlan& plan(int index) const { return created.plan.stages.at(std::size_t(index)); }
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
using Command =
    std::variant<Create, Update, Pause, Resume, StartWork, AddEvidence, CompleteWork, Advance, Fail,
                 Retry, Archive, GateApproved, GateRejected, GateReopened>;

// --- the slice --------------------------------------------------------------------------------

/// Which checks of the stage do not hold, in words; empty: all hold.
std::vector<std::string> failing_checks(const State& state, int stage, const Evidence& evidence);

/// The digest of what a gate of this stage decides on: stage, evidence of all stages, config.
std::string subject_digest(const State& state, const std::string& stage);

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
  static constexpr int view_version = 1;
  static Result<Decision<Event>> decide(const State& state, const Command& command,
                                        const Ctx& ctx) {
    return pipeline::decide(state, command, ctx);
  }
  static State evolve(State state, const Event& event) {
    return pipeline::evolve(std::move(state), event);
  }
  static View view(const std::string& id, const State& state) { return pipeline::view(id, state); }
  static Command timer_fired(const std::string& /*name*/) { return Resume{}; }
};

}  // namespace factory::pipeline

namespace factory {
template <>
struct EnumNames<pipeline::Status> {
  static constexpr std::array<std::string_view, 6> names{"none",      "active", "paused",
                                                         "completed", "failed", "archived"};
};
template <>
struct EnumNames<pipeline::StageStatus> {
  static constexpr std::array<std::string_view, 5> names{"pending", "active", "completed",
                                                         "skipped", "failed"};
};
}  // namespace factory
