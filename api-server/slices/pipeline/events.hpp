#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/clock.hpp"
#include "domain/plan.hpp"

/// What can happen to a pipeline.
namespace factory::pipeline {

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
  std::optional<double> coverage;    ///< percent
  std::vector<FailedCase> failures;  ///< the first 50
  std::string report_digest;         ///< of the stored report; empty: counts were given as JSON
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
  [[nodiscard]] bool empty() const { return !tests && assets.empty() && !deploy && notes.empty(); }
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
  std::shared_ptr<const Plan> plan;  ///< never null
  Time at{};
  std::string slug{};  ///< empty: made of name and id (pipeline::slug_of)
  static constexpr auto fields() {
    return std::tuple{field("name", &Created::name),
                      field("description", &Created::description),
                      field("platform", &Created::platform),
                      field("config", &Created::config),
                      field("priority", &Created::priority),
                      field("created_by", &Created::created_by),
                      field("assignee", &Created::assignee),
                      field("plan", &Created::plan),
                      field("at", &Created::at),
                      field("slug", &Created::slug)};
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
    return std::tuple{
        field("priority", &Updated::priority), field("config", &Updated::config),
        field("assignee", &Updated::assignee), field("description", &Updated::description),
        field("reason", &Updated::reason),     field("at", &Updated::at)};
  }
};

/// The pipeline moved: `from` (empty at the start) was left as `left_as`, `to` is active now.
struct StageChanged {
  static constexpr std::string_view type = "pipeline.stage_changed";
  std::string from;
  StageStatus left_as = StageStatus::completed;
  std::string to;
  std::string cause;  ///< created, work_reported, approved, advanced, rejected, retried, rescinded
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("from", &StageChanged::from), field("left_as", &StageChanged::left_as),
                      field("to", &StageChanged::to), field("cause", &StageChanged::cause),
                      field("at", &StageChanged::at)};
  }
};

/// Somebody began with the stage's work: what released it can not be taken back any more.
struct WorkStarted {
  static constexpr std::string_view type = "pipeline.work_started";
  std::string stage;
  std::string by;
  std::string released_by;  ///< the gate whose approval released this work; may be empty
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("stage", &WorkStarted::stage), field("by", &WorkStarted::by),
                      field("released_by", &WorkStarted::released_by),
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
                      field("evidence", &EvidenceAdded::evidence), field("by", &EvidenceAdded::by),
                      field("at", &EvidenceAdded::at)};
  }
};

/// The stage's work is done and its checks held (or were skipped by an admin).
struct WorkCompleted {
  static constexpr std::string_view type = "pipeline.work_completed";
  std::string stage;
  std::string by;
  bool skipped_validation = false;
  std::vector<std::string> skipped_checks;  ///< what did not hold when validation was skipped
  std::string notes;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("stage", &WorkCompleted::stage),
                      field("by", &WorkCompleted::by),
                      field("skipped_validation", &WorkCompleted::skipped_validation),
                      field("skipped_checks", &WorkCompleted::skipped_checks),
                      field("notes", &WorkCompleted::notes),
                      field("at", &WorkCompleted::at)};
  }
};

/// A gate is to be opened: people must decide before the pipeline goes on.
struct GateRequested {
  static constexpr std::string_view type = "pipeline.blocked";
  std::string stage;
  std::string gate_id;
  std::string task_id;
  std::string purpose;   ///< stage, or retry
  std::string retry_to;  ///< for retry: the stage that its approval enters
  GatePlan gate;
  std::string digest;  ///< of what is decided on
  Time at{};
  static constexpr auto fields() {
    return std::tuple{
        field("stage", &GateRequested::stage),       field("gate_id", &GateRequested::gate_id),
        field("task_id", &GateRequested::task_id),   field("purpose", &GateRequested::purpose),
        field("retry_to", &GateRequested::retry_to), field("gate", &GateRequested::gate),
        field("digest", &GateRequested::digest),     field("at", &GateRequested::at)};
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
  std::string worker{};  ///< who had the stage's work in hand; empty: nobody
  static constexpr auto fields() {
    return std::tuple{field("stage", &FixRequested::stage),
                      field("task_id", &FixRequested::task_id),
                      field("title", &FixRequested::title),
                      field("feedback", &FixRequested::feedback),
                      field("requested_changes", &FixRequested::requested_changes),
                      field("severity", &FixRequested::severity),
                      field("by", &FixRequested::by),
                      field("at", &FixRequested::at),
                      field("worker", &FixRequested::worker)};
  }
};

/// Who had begun with the stage's work is gone: somebody else may take it.
struct WorkReleased {
  static constexpr std::string_view type = "pipeline.work_released";
  std::string stage;
  std::string worker;
  std::string reason;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("stage", &WorkReleased::stage), field("worker", &WorkReleased::worker),
                      field("reason", &WorkReleased::reason), field("at", &WorkReleased::at)};
  }
};

/// The work that the fix asked for was reported (done), or is not wanted any more (cancelled).
struct FixResolved {
  static constexpr std::string_view type = "pipeline.fix_resolved";
  std::string task_id;
  std::string outcome = "done";
  std::string by;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("task_id", &FixResolved::task_id),
                      field("outcome", &FixResolved::outcome), field("by", &FixResolved::by),
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
                           FixResolved, Paused, Resumed, Failed, Completed, Archived, WorkReleased>;

}  // namespace factory::pipeline

namespace factory {
template <>
struct EnumNames<pipeline::StageStatus> {
  static constexpr std::array<std::string_view, 5> names{"pending", "active", "completed",
                                                         "skipped", "failed"};
};
}  // namespace factory
