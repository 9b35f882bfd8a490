#include "tests/slices/report/support.hpp"
#include "tests/support/catch.hpp"

/// Go-live reports: submissions and their reviews.
namespace factory::test {
namespace {

using report::GateApproved;
using report::GateRejected;
using report::GateRescinded;
using report::Status;
using report::Verdict;

TEST_CASE("report: the first submission opens a gate by the declared plan") {
  ReportSpec spec(report_cast());
  const auto outcome = spec.as(agent("goose")).when(submission());
  CHECK(outcome.brief() == "report.submitted");
  const auto& event = outcome.first<report::Submitted>();
  CHECK(event.submission == 1);
  CHECK(event.by == "goose");
  REQUIRE(event.plan);
  CHECK(event.plan->title == "Go-live");
  CHECK(has_prefix(event.gate_id, "gate"));
  CHECK(has_prefix(event.task_id, "task"));
  CHECK(event.digest == spec.state().digest);
  CHECK(event.digest == subject_digest(spec.state()));
  CHECK(spec.state().status == Status::pending_review);
}

TEST_CASE("report: a policy that nobody could meet is told at once") {
  ReportSpec spec(report_cast());
  report::Submit submit = submission();
  submit.submitted.plan->policy.rules = {{1, {}, {"security"}}};
  const auto outcome = spec.as(person("dana")).ask(submit);
  CHECK(outcome.brief() == "refused: unsatisfiable");
  CHECK_THAT(outcome.detail(), contains("the review of mail"));
}

TEST_CASE("report: while it waits a new submission takes the place at the same gate") {
  ReportSpec spec = pending_report();
  const std::string gate = gate_of(spec);
  const std::string digest = spec.state().digest;
  CHECK(spec.as(person("dana")).when(submission()).brief() == "nothing");
  spec.as(person("rita")).when(verdict(Verdict::approved));
  REQUIRE(spec.state().given.size() == 1);

  const auto outcome = spec.as(person("omar")).when(submission("text-2"));
  const auto& event = outcome.first<report::Submitted>();
  CHECK(event.submission == 2);
  CHECK(event.gate_id == gate);
  CHECK_FALSE(event.plan.has_value());
  CHECK(event.digest != digest);
  CHECK(spec.state().given.empty());
  CHECK(spec.state().submitters == std::vector<std::string>{"dana", "omar"});
  REQUIRE(spec.state().history.size() == 1);
  CHECK(spec.state().history[0].status == Status::pending_review);
}

TEST_CASE("report: after a decision a submission needs a review of its own") {
  for (ReportSpec spec : {approved_report(), rejected_report()}) {
    const Status before = spec.state().status;
    const std::string gate = gate_of(spec);
    const auto outcome = spec.as(agent("goose")).when(submission());
    CHECK(outcome.first<report::Submitted>().plan.has_value());
    CHECK(gate_of(spec) != gate);
    CHECK(spec.state().status == Status::pending_review);
    CHECK_FALSE(spec.state().outcome.has_value());
    CHECK(spec.state().submitters == std::vector<std::string>{"goose"});
    REQUIRE(spec.state().history.size() == 1);
    CHECK(spec.state().history[0].status == before);
    REQUIRE(spec.state().history[0].outcome.has_value());
    CHECK(spec.state().history[0].outcome->by == "rita");
    // What the gate of the submission before still says is not about this one.
    CHECK(spec.ask(GateApproved{gate, "rita", ""}).brief() == "refused: conflict");
    CHECK(spec.ask(GateRescinded{gate, "rita", true}).brief() == "refused: conflict");
  }
}

TEST_CASE("report: who decided is kept beside who is said to have reviewed") {
  ReportSpec spec = pending_report();
  CHECK(spec.as(person("rita")).when(verdict(Verdict::approved, "Looks good!")).brief() ==
        "report.review_given");
  CHECK(spec.state().status == Status::pending_review);
  const auto outcome = spec.when(GateApproved{gate_of(spec), "rita", "Looks good!"});
  CHECK(outcome.brief() == "report.approved");
  CHECK(outcome.announced() == "report.approved");
  const auto& approved = outcome.first<report::Approved>();
  CHECK(approved.by == "rita");
  CHECK(approved.reviewed_by == "platform@example.com");
  CHECK(approved.notes == "Looks good!");

  // Decided elsewhere, nobody is said to have reviewed but the principal.
  ReportSpec elsewhere = pending_report();
  const auto rejected =
      elsewhere.as(person("omar")).when(GateRejected{gate_of(elsewhere), "omar", "No tests"});
  CHECK(rejected.first<report::Rejected>().reviewed_by == "omar");
  CHECK(rejected.first<report::Rejected>().notes == "No tests");
  CHECK(rejected.announced() == "report.rejected");
}

TEST_CASE("report: what was said about something else is not the outcome's") {
  ReportSpec spec = pending_report();
  spec.as(person("rita")).when(verdict(Verdict::approved, "Fine as it is"));
  spec.as(person("dana")).when(submission("text-2"));
  const auto changed = spec.as(person("rita")).when(GateApproved{gate_of(spec), "rita", "Now too"});
  CHECK(changed.first<report::Approved>().reviewed_by == "rita");
  CHECK(changed.first<report::Approved>().notes == "Now too");

  ReportSpec rescinded = pending_report();
  rescinded.as(person("rita")).when(verdict(Verdict::approved, "Fine"));
  CHECK(rescinded.when(GateRescinded{gate_of(rescinded), "rita", false}).brief() ==
        "report.review_rescinded");
  CHECK(rescinded.state().given.empty());
}

TEST_CASE("report: the same decision again changes nothing, another is told who decided") {
  ReportSpec spec = approved_report();
  CHECK(spec.as(person("rita")).ask(verdict(Verdict::approved)).brief() == "nothing");
  const auto other = spec.as(person("omar")).ask(verdict(Verdict::approved));
  REQUIRE(other.error);
  CHECK(other.error->code == ErrorCode::already_decided);
  CHECK(other.error->data.at("decided_by") == "rita");
  CHECK(other.error->data.at("outcome") == "approved");
  CHECK(spec.as(person("rita")).ask(verdict(Verdict::rejected)).brief() ==
        "refused: already_decided");
}

TEST_CASE("report: the deciding vote that is taken back makes it wait again") {
  ReportSpec spec = approved_report();
  CHECK(spec.when(GateRescinded{gate_of(spec), "rita", true}).brief() == "report.review_rescinded");
  CHECK(spec.state().status == Status::pending_review);
  CHECK_FALSE(spec.state().outcome.has_value());
  CHECK(spec.ask(GateApproved{gate_of(spec), "omar", ""}).brief() == "report.approved");
}

TEST_CASE("report: reviews of what it was before count no more once it is reopened") {
  ReportSpec spec = pending_report();
  spec.as(person("omar")).when(verdict(Verdict::approved));
  spec.as(person("rita")).when(verdict(Verdict::approved));
  spec.when(GateApproved{gate_of(spec), "rita", ""});
  ReportSpec same = spec;
  same.when(GateRescinded{gate_of(same), "rita", true});
  CHECK(same.state().given.size() == 1);  // omar's stands
  spec.as(agent("goose")).when(report::ReportCheck{"size", report::CheckStatus::warn, ""});
  spec.as(person("rita")).when(GateRescinded{gate_of(spec), "rita", true});
  CHECK(spec.state().given.empty());
}

TEST_CASE("report: every command answers for every state") {
  const Time soon = minute(600);
  const ReportSpec none(report_cast());
  const std::vector<ReportSpec> states{none, pending_report(), approved_report(),
                                       rejected_report()};
  struct Row {
    report::Command command;
    std::vector<std::string> expected;  ///< none, pending, approved, rejected
  };
  const std::string unknown = "refused: not_found";
  const std::vector<Row> rows{
      {submission("text-9"),
       {"report.submitted", "report.submitted", "report.submitted", "report.submitted"}},
      {verdict(Verdict::approved),
       {unknown, "report.review_given", "nothing", "refused: already_decided"}},
      {verdict(Verdict::rejected),
       {unknown, "report.review_given", "refused: already_decided", "nothing"}},
      {report::ReportCheck{"scan", report::CheckStatus::pass, ""},
       {unknown, "report.check_reported", "report.check_reported", "report.check_reported"}},
      {report::Exempt{"scan", "why", soon},
       {unknown, "refused: unprocessable", "refused: unprocessable", "refused: conflict"}},
      {GateApproved{"gate_other", "rita", ""},
       {"refused: conflict", "refused: conflict", "refused: conflict", "refused: conflict"}},
      {GateRejected{"gate_other", "rita", ""},
       {"refused: conflict", "refused: conflict", "refused: conflict", "refused: conflict"}},
      {GateRescinded{"gate_other", "rita", true},
       {unknown, "refused: conflict", "refused: conflict", "refused: conflict"}},
      {report::TimerFired{"exemptions"}, {"nothing", "nothing", "nothing", "nothing"}},
      {report::TimerFired{"another"}, {"nothing", "nothing", "nothing", "nothing"}},
  };
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < states.size(); ++i) {
      CAPTURE(row.command.index(), i);
      ReportSpec spec = states[i];
      CHECK(spec.as(person("rita")).ask(row.command).brief() == row.expected[i]);
    }
  }
}

}  // namespace
}  // namespace factory::test
