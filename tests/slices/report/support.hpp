#pragma once

#include <string>
#include <vector>

#include "slices/report/report.hpp"
#include "tests/support/spec.hpp"

/// What the stories about go-live reports begin with.
namespace factory::test {

using ReportSpec = Spec<report::Definition>;

/// dana submits, goose too; rita and omar review.
inline std::vector<Principal> report_cast() {
  return {person("dana"), person("omar", Role::owner), person("rita"), person("vera", Role::viewer),
          agent("goose")};
}

inline report::ReviewPlan review_plan() {
  report::ReviewPlan plan;
  plan.title = "Go-live";
  plan.policy.rules = {{1, {}, {}}};
  plan.policy.exclude_requester = plan.policy.exclude_reporter = Exclusion::when_possible;
  plan.sla[2] = {60, 120, 180};
  plan.longest_exemption_days = 30;
  return plan;
}

inline report::Submit submission(const std::string& digest = "text-1") {
  report::Submitted submitted;
  submitted.server_name = "mail";
  submitted.repository_url = "https://github.com/acme/mail";
  submitted.repository = "github.com/acme/mail";
  submitted.developer_email = "dana@example.com";
  submitted.report_digest = digest;
  submitted.report_size = 7;
  submitted.excerpt = "# Mail";
  submitted.plan = review_plan();
  return {std::move(submitted)};
}

inline report::Review verdict(report::Verdict verdict, std::string notes = "") {
  return {verdict, "platform@example.com", std::move(notes), {}, ""};
}

/// Submitted by dana, waiting for its review.
inline ReportSpec pending_report() {
  ReportSpec spec(report_cast());
  spec.as(person("dana")).when(submission());
  return spec;
}

/// The gate that the report waits for now.
inline std::string gate_of(const ReportSpec& spec) { return spec.state().current.gate_id; }

inline ReportSpec approved_report() {
  ReportSpec spec = pending_report();
  spec.as(person("rita")).when(verdict(report::Verdict::approved, "Looks good!"));
  spec.when(report::GateApproved{gate_of(spec), "rita", "Looks good!"});
  return spec;
}

inline ReportSpec rejected_report() {
  ReportSpec spec = pending_report();
  spec.as(person("rita")).when(report::GateRejected{gate_of(spec), "rita", "No tests"});
  return spec;
}

}  // namespace factory::test
