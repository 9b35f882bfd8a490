#include "tests/slices/report/support.hpp"
#include "tests/support/catch.hpp"

/// Checks of go-live reports and what they are let pass.
namespace factory::test {
namespace {

using report::CheckStatus;
using report::Verdict;
using Words = std::vector<std::string>;

report::ReportCheck check(const std::string& name, CheckStatus status, std::string details = "") {
  return {name, status, std::move(details)};
}

/// One check fails, one warns.
ReportSpec failing_report() {
  ReportSpec spec = pending_report();
  spec.as(agent("goose")).when(check("license", CheckStatus::fail, "GPL in a closed product"));
  spec.when(check("size", CheckStatus::warn));
  return spec;
}

TEST_CASE("report: a failing check stands in the way of an approval, whichever way it comes") {
  ReportSpec spec = failing_report();
  CHECK(spec.state().failing() == Words{"license"});
  const auto refused = spec.as(person("rita")).ask(verdict(Verdict::approved));
  REQUIRE(refused.error);
  CHECK(refused.error->code == ErrorCode::checks_failed);
  CHECK_THAT(refused.detail(), contains("license"));
  REQUIRE(refused.error->fields.size() == 1);
  CHECK(refused.error->fields[0].pointer == "/checks/license");
  CHECK_THAT(refused.error->fields[0].detail, contains("GPL"));
  CHECK(spec.ask(report::GateApproved{gate_of(spec), "rita", ""}).brief() ==
        "refused: checks_failed");
  CHECK(spec.ask(report::GateRejected{gate_of(spec), "rita", "no"}).brief() == "report.rejected");

  spec.as(agent("goose")).when(check("license", CheckStatus::pass));
  CHECK(spec.ask(report::GateApproved{gate_of(spec), "rita", ""}).brief() == "report.approved");
}

TEST_CASE("report: what a check says is part of what is decided on") {
  ReportSpec spec = pending_report();
  spec.as(person("rita")).when(verdict(Verdict::approved));
  const std::string before = spec.state().digest;
  const auto outcome = spec.as(agent("goose")).when(check("size", CheckStatus::warn, "12 MB"));
  CHECK(outcome.first<report::CheckReported>().digest != before);
  CHECK(spec.state().given.empty());
  CHECK(spec.when(check("size", CheckStatus::warn, "12 MB")).brief() == "nothing");
  CHECK(spec.when(check("size", CheckStatus::warn, "13 MB")).brief() == "report.check_reported");
}

TEST_CASE("report: a failure stays over a new submission until the check runs again") {
  ReportSpec spec = failing_report();
  spec.as(person("dana")).when(submission("text-2"));
  CHECK(spec.state().failing() == Words{"license"});
  CHECK(spec.state().checks.at("license").submission == 1);
  // The same result for the new submission is news.
  CHECK(spec.as(agent("goose"))
            .when(check("license", CheckStatus::fail, "GPL in a closed product"))
            .brief() == "report.check_reported");
  CHECK(spec.state().checks.at("license").submission == 2);
}

TEST_CASE("report: only who may decide grants an exemption, for a failing check and not for ever") {
  ReportSpec spec = failing_report();
  const auto exempt = [](Time until) { return report::Exempt{"license", "Bought", until}; };
  CHECK(spec.as(agent("goose")).ask(exempt(minute(60))).brief() == "refused: forbidden");
  CHECK(spec.as(person("vera", Role::viewer)).ask(exempt(minute(60))).brief() ==
        "refused: forbidden");
  CHECK(spec.as(person("dana")).ask(exempt(minute(60))).brief() == "refused: forbidden");
  spec.as(person("rita"));
  CHECK(spec.ask(exempt(story_start)).brief() == "refused: unprocessable");
  CHECK(spec.ask(exempt(minute(31 * 24 * 60))).brief() == "refused: unprocessable");
  CHECK(spec.ask(report::Exempt{"size", "why", minute(60)}).brief() == "refused: unprocessable");
  CHECK(spec.ask(report::Exempt{"other", "why", minute(60)}).brief() == "refused: unprocessable");
  CHECK(spec.ask(exempt(minute(60))).brief() == "report.exempted");
}

TEST_CASE("report: an exemption holds until it expires") {
  ReportSpec spec = failing_report();
  spec.as(person("rita")).when(report::Exempt{"license", "Bought", minute(60)});
  CHECK(spec.state().failing().empty());
  CHECK(spec.timers().at("exemptions") == minute(60));
  CHECK(spec.ask(verdict(Verdict::approved)).brief() == "report.review_given");
  const std::string exempted = spec.state().digest;
  CHECK(spec.run_until(minute(59)).empty());
  // From its moment on, also while nobody has written that down.
  CHECK(spec.at(minute(60)).ask(verdict(Verdict::approved)).brief() == "refused: checks_failed");
  CHECK(spec.run_until(minute(61)) == "report.exemption_expired");
  CHECK(spec.timers().empty());
  CHECK(spec.state().digest != exempted);
  CHECK(spec.ask(verdict(Verdict::approved)).brief() == "refused: checks_failed");
}

TEST_CASE("report: exemptions end one by one, and with the failure that they are for") {
  ReportSpec spec = failing_report();
  spec.when(check("secrets", CheckStatus::fail));
  spec.as(person("rita")).when(report::Exempt{"license", "Bought", minute(60)});
  spec.when(report::Exempt{"secrets", "A test key", minute(90)});
  CHECK(spec.timers().at("exemptions") == minute(60));
  CHECK(spec.run_until(minute(70)) == "report.exemption_expired");
  CHECK(spec.timers().at("exemptions") == minute(90));
  spec.as(agent("goose")).when(check("secrets", CheckStatus::pass));
  CHECK(spec.timers().empty());
  spec.when(check("secrets", CheckStatus::fail));
  CHECK(spec.state().failing() == Words{"license", "secrets"});
}

TEST_CASE("report: an exemption that runs out after the approval is told and decides nothing") {
  ReportSpec spec = failing_report();
  spec.as(person("rita")).when(report::Exempt{"license", "Bought", minute(60)});
  spec.when(report::GateApproved{gate_of(spec), "rita", ""});
  CHECK(spec.run_until(minute(61)) == "report.exemption_expired");
  CHECK(spec.state().status == report::Status::approved);
  CHECK(spec.view().doc.at("failing_checks") == Words{"license"});
  // It can be renewed, too.
  CHECK(spec.as(person("rita")).ask(report::Exempt{"license", "Still", minute(120)}).brief() ==
        "report.exempted");
}

TEST_CASE("report: there is an end to how many checks one has") {
  ReportSpec spec = pending_report();
  spec.as(agent("goose"));
  for (int i = 0; i < 50; ++i) {
    REQUIRE(spec.when(check("check-" + std::to_string(i), CheckStatus::pass)).brief() ==
            "report.check_reported");
  }
  CHECK(spec.ask(check("one-more", CheckStatus::pass)).brief() == "refused: unprocessable");
  CHECK(spec.ask(check("check-7", CheckStatus::fail)).brief() == "report.check_reported");
}

}  // namespace
}  // namespace factory::test
