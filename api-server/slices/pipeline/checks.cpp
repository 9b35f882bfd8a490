#include <algorithm>
#include <charconv>

#include "common/digest.hpp"
#include "slices/pipeline/pipeline.hpp"

namespace factory::pipeline {

namespace {

std::string number(double value) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), end.ptr};
}

/// An asset counts wherever on the way it was reported.
bool has_asset(const State& state, const Evidence& evidence, const std::string& name) {
  const auto holds = [&](const Evidence& of) {
    return std::any_of(of.assets.begin(), of.assets.end(),
                       [&](const Asset& asset) { return asset.name == name; });
  };
  return holds(evidence) || std::any_of(state.stages.begin(), state.stages.end(),
                                        [&](const StageState& at) { return holds(at.evidence); });
}

std::string failing_tests(const Evidence& evidence) {
  if (!evidence.tests) return "tests_passed: no test results were reported";
  if (evidence.tests->failed > 0) {
    return "tests_passed: " + std::to_string(evidence.tests->failed) + " tests failed";
  }
  if (evidence.tests->passed == 0) return "tests_passed: no test was run";
  return "";
}

std::string failing_coverage(const Evidence& evidence, double wanted) {
  if (wanted <= 0) return "";  // nothing is asked for, so nothing has to be measured
  if (!evidence.tests || !evidence.tests->coverage) {
    return "coverage_at_least " + number(wanted) + " %: no coverage was reported";
  }
  if (*evidence.tests->coverage >= wanted) return "";
  return "coverage_at_least " + number(wanted) + " %: it is " + number(*evidence.tests->coverage) +
         " %";
}

std::string failing_assets(const State& state, const Evidence& evidence, const Check& check) {
  std::string missing;
  for (const std::string& name : check.assets) {
    if (!has_asset(state, evidence, name)) missing += (missing.empty() ? "" : ", ") + name;
  }
  return missing.empty() ? "" : "assets_present: missing " + missing;
}

std::string failing_deploy(const Evidence& evidence) {
  if (!evidence.deploy) return "deploy_succeeded: no deploy was reported";
  return evidence.deploy->succeeded ? "" : "deploy_succeeded: the deploy failed";
}

std::string failing(const State& state, const Check& check, const Evidence& evidence) {
  switch (check.kind) {
    case CheckKind::tests_passed: return failing_tests(evidence);
    case CheckKind::coverage_at_least: return failing_coverage(evidence, check.percent);
    case CheckKind::assets_present: return failing_assets(state, evidence, check);
    case CheckKind::deploy_succeeded: return failing_deploy(evidence);
  }
  return "";
}

/// Each part with its length before it, so that no two subjects give the same text.
void part(std::string& text, std::string_view value) {
  text += std::to_string(value.size());
  text += ':';
  text += value;
}

void evidence_part(std::string& text, const Evidence& evidence) {
  if (evidence.tests) {
    const TestSummary& tests = *evidence.tests;
    part(text, std::to_string(tests.passed) + "/" + std::to_string(tests.failed) + "/" +
                   std::to_string(tests.skipped) + "/" +
                   (tests.coverage ? number(*tests.coverage) : "-"));
    part(text, tests.report_digest);
  }
  for (const Asset& asset : evidence.assets) {
    part(text, asset.name);
    part(text, asset.digest);
  }
  if (evidence.deploy) {
    part(text, evidence.deploy->target);
    part(text, evidence.deploy->version);
    part(text, evidence.deploy->url);
    part(text, evidence.deploy->succeeded ? "succeeded" : "failed");
  }
  part(text, evidence.notes);
}

}  // namespace

std::vector<std::string> failing_checks(const State& state, int stage, const Evidence& evidence) {
  std::vector<std::string> all;
  for (const Check& check : state.plan(stage).checks) {
    std::string why = failing(state, check, evidence);
    if (!why.empty()) all.push_back(std::move(why));
  }
  return all;
}

std::string subject_digest(const State& state, const std::string& stage) {
  std::string text;
  part(text, stage);
  part(text, state.config.text);
  // What lies behind the stage is of another time.
  for (int i = 0; i <= state.index_of(stage); ++i) {
    if (state.at(i).evidence.empty()) continue;
    part(text, state.plan(i).name);
    evidence_part(text, state.at(i).evidence);
  }
  return to_hex(sha256(text)).substr(0, 24);
}

}  // namespace factory::pipeline
