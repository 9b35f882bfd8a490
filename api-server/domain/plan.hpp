#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "domain/calendar.hpp"
#include "domain/fields.hpp"
#include "domain/ladder.hpp"
#include "domain/policy.hpp"

namespace factory {

/// A template with its parameters filled in: what one pipeline goes through. It is part of the
/// pipeline's first event, so a running pipeline keeps the version it started with.

enum class CheckKind { tests_passed, coverage_at_least, assets_present, deploy_succeeded };
template <>
struct EnumNames<CheckKind> {
  static constexpr std::array<std::string_view, 4> names{"tests_passed", "coverage_at_least",
                                                         "assets_present", "deploy_succeeded"};
};

/// Something that the evidence of a stage must show before its work counts as done.
struct Check {
  CheckKind kind = CheckKind::tests_passed;
  double percent = 0;               ///< coverage_at_least
  std::vector<std::string> assets;  ///< assets_present: names that must have been reported
  static constexpr auto fields() {
    return std::tuple{field("kind", &Check::kind), field("percent", &Check::percent),
                      field("assets", &Check::assets)};
  }
};

/// When a stage's gate opens: on entry, before its work (or instead of any), or once its work is
/// reported and its checks hold.
enum class GateOpens { on_entry, on_work_reported };
template <>
struct EnumNames<GateOpens> {
  static constexpr std::array<std::string_view, 2> names{"on_entry", "on_work_reported"};
};

struct GatePlan {
  std::string type = "stage_gate";  ///< stage_gate, deploy, code_review, manual_check
  std::string title;
  GateOpens opens = GateOpens::on_entry;
  std::string reject_to;  ///< the stage that a rejection goes back to
  GatePolicy policy;
  static constexpr auto fields() {
    return std::tuple{field("type", &GatePlan::type), field("title", &GatePlan::title),
                      field("opens", &GatePlan::opens), field("reject_to", &GatePlan::reject_to),
                      field("policy", &GatePlan::policy)};
  }
};

struct StagePlan {
  std::string name;
  std::string title;
  std::string work;  ///< what is to be done, for whoever does it; empty: nothing to report
  std::vector<Check> checks;
  std::optional<GatePlan> gate;
  std::string retry_to;  ///< where a retry after a failure here goes; empty: the stage before
  static constexpr auto fields() {
    return std::tuple{field("name", &StagePlan::name), field("title", &StagePlan::title),
                      field("work", &StagePlan::work), field("checks", &StagePlan::checks),
                      field("gate", &StagePlan::gate), field("retry_to", &StagePlan::retry_to)};
  }
};

struct Plan {
  std::string template_name;
  std::string template_version;
  std::string template_digest;
  JsonText parameters;
  std::vector<StagePlan> stages;
  SlaTable sla;
  GatePolicy retry_policy;
  std::shared_ptr<const Ladder> ladder = nullptr;      ///< null: the plain one of tasks
  std::shared_ptr<const Calendar> calendar = nullptr;  ///< null: clocks run day and night
  static constexpr auto fields() {
    return std::tuple{field("template_name", &Plan::template_name),
                      field("template_version", &Plan::template_version),
                      field("template_digest", &Plan::template_digest),
                      field("parameters", &Plan::parameters),
                      field("stages", &Plan::stages),
                      field("sla", &Plan::sla),
                      field("retry_policy", &Plan::retry_policy),
                      field("ladder", &Plan::ladder),
                      field("calendar", &Plan::calendar)};
  }
};

}  // namespace factory
