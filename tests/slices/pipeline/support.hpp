#pragma once

#include <string>

#include "slices/pipeline/pipeline.hpp"
#include "tests/support/spec.hpp"

namespace factory::test {

using PipelineSpec = Spec<pipeline::Definition>;

inline StagePlan stage(std::string name, std::string work) {
  StagePlan plan;
  plan.name = name;
  plan.title = std::move(name);
  plan.work = std::move(work);
  return plan;
}

inline GatePlan gate_plan(GateOpens opens, std::string reject_to) {
  GatePlan gate;
  gate.title = "Gate";
  gate.opens = opens;
  gate.reject_to = std::move(reject_to);
  return gate;
}

/// The shape of the standard template in small: intake, building and testing with checks, a gate
/// without work, one behind work, one before work, and the end.
inline Plan small_plan() {
  Plan plan;
  plan.template_name = "small";
  StagePlan building = stage("building", "Build it");
  building.checks = {{CheckKind::assets_present, 0, {"README.md"}}};
  StagePlan testing = stage("testing", "Test it");
  testing.checks = {{CheckKind::tests_passed, 0, {}}, {CheckKind::coverage_at_least, 80, {}}};
  StagePlan review = stage("review", "");
  review.gate = gate_plan(GateOpens::on_entry, "building");
  StagePlan staging = stage("staging", "Deploy to staging");
  staging.checks = {{CheckKind::deploy_succeeded, 0, {}}};
  staging.gate = gate_plan(GateOpens::on_work_reported, "building");
  StagePlan production = stage("production", "Deploy");
  production.gate = gate_plan(GateOpens::on_entry, "staging");
  production.checks = {{CheckKind::deploy_succeeded, 0, {}}};
  plan.stages = {stage("intake", ""),   building, testing, review, staging, production,
                 stage("published", "")};
  return plan;
}

inline pipeline::Created pipeline_created() {
  pipeline::Created created;
  created.name = "ghl-mcp-server";
  created.platform = "go-high-level";
  created.plan = std::make_shared<const Plan>(small_plan());
  return created;
}

inline pipeline::Evidence built() {
  pipeline::Evidence evidence;
  evidence.assets = {{"README.md", "abc"}};
  return evidence;
}

inline pipeline::Evidence tested(int failed = 0, double coverage = 91) {
  pipeline::Evidence evidence;
  evidence.tests = pipeline::TestSummary{};
  evidence.tests->passed = 47;
  evidence.tests->failed = failed;
  evidence.tests->coverage = coverage;
  return evidence;
}

inline pipeline::Evidence deployed(bool succeeded = true) {
  pipeline::Evidence evidence;
  evidence.deploy = pipeline::Deploy{"staging", "1.0.0", "https://staging.example", succeeded};
  return evidence;
}

/// A pipeline that has just entered (and as far as it goes by itself, settled in) this stage.
inline PipelineSpec in_stage(const std::string& name) {
  PipelineSpec spec({person("alice", Role::owner), agent("goose")});
  spec.as(agent("goose")).when(pipeline::Create{pipeline_created()});
  const auto gate = [&] { return spec.state().gate->gate_id; };
  if (name == "building") return spec;
  spec.when(pipeline::CompleteWork{"building", true, built()});
  if (name == "testing") return spec;
  spec.when(pipeline::CompleteWork{"testing", true, tested()});
  if (name == "review") return spec;
  spec.when(pipeline::GateApproved{gate()});
  if (name == "staging") return spec;
  spec.when(pipeline::CompleteWork{"staging", true, deployed()});
  if (name == "staging gate") return spec;
  spec.when(pipeline::GateApproved{gate()});
  if (name == "production gate") return spec;
  spec.when(pipeline::GateApproved{gate()});
  if (name == "production") return spec;
  spec.when(pipeline::CompleteWork{"production", true, deployed()});
  return spec;
}

inline std::string current_stage(const PipelineSpec& spec) {
  return spec.state().plan(spec.state().current).name;
}

}  // namespace factory::test
