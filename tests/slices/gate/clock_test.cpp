#include "tests/slices/gate/support.hpp"
#include "tests/support/catch.hpp"

/// The deadline of a gate: what it brings, and how a pause holds it.
namespace factory::test {
namespace {

TEST_CASE("gate: the deadline warns once and then brings its outcome") {
  struct Row {
    DeadlineOutcome outcome;
    gate::Status status;
    std::string brings;
  };
  const Row rows[] = {
      {DeadlineOutcome::escalate, gate::Status::pending, "approval.escalated"},
      {DeadlineOutcome::approve, gate::Status::approved, "approval.approved"},
      {DeadlineOutcome::reject, gate::Status::rejected, "approval.rejected"},
      {DeadlineOutcome::extend, gate::Status::pending, "approval.escalated"},
  };
  for (const Row& row : rows) {
    CAPTURE(name_of(row.outcome));
    GateSpec spec = open_gate(with_deadline(persons(1), row.outcome));
    CHECK(spec.run_until(minute(44)).empty());
    CHECK(spec.run_until(minute(59)) == "approval.deadline_warning");
    CHECK(spec.run_until(minute(60)) == row.brings);
    CHECK(spec.state().status == row.status);
    CHECK(spec.timers().empty());
    CHECK(spec.run_until(minute(6000)).empty());
  }
}

TEST_CASE("gate: what the clock decides is the system's and says why") {
  GateSpec approved = open_gate(with_deadline(persons(1), DeadlineOutcome::approve));
  approved.run_until(minute(60));
  CHECK(approved.state().decided_by == "system");
  CHECK(approved.state().decided_at == minute(60));

  GateSpec rejected = open_gate(with_deadline(persons(1), DeadlineOutcome::reject));
  rejected.run_until(minute(60));
  CHECK(rejected.state().decided_by == "system");
  CHECK_THAT(rejected.state().reason, contains("until the deadline, 2026-03-02T10:00:00.000Z"));

  GateSpec escalated = open_gate(with_deadline(persons(1), DeadlineOutcome::escalate));
  escalated.run_until(minute(60));
  CHECK(escalated.state().escalations.at(0).by == "system");
  CHECK(escalated.state().escalations.at(0).to.empty());
  CHECK(escalated.state().deadline_passed);
  // It waits on: people decide as before.
  CHECK(escalated.as(person("carol")).ask(approve()).brief() == "approval.voted approval.approved");
}

TEST_CASE("gate: where the outcome is refused somebody is told instead") {
  GateSpec spec = open_gate(with_deadline(persons(1), DeadlineOutcome::approve));
  const auto command = gate::Definition::timer_refused("deadline");
  CHECK(spec.at(minute(59)).ask(command).brief() == "nothing");
  CHECK(spec.at(minute(60)).when(command).brief() == "approval.escalated");
  CHECK(spec.state().status == gate::Status::pending);
  CHECK(spec.timers().empty());
}

TEST_CASE("gate: what the clock brings is announced") {
  GateSpec spec = open_gate(with_deadline(persons(1), DeadlineOutcome::escalate));
  CHECK(spec.at(minute(45)).when(gate::TimerFired{"deadline_warning"}).announced() ==
        "approval.deadline_warning");
  CHECK(spec.at(minute(60)).when(gate::TimerFired{"deadline"}).announced() == "approval.escalated");
}

TEST_CASE("gate: a deadline is extended as often as the policy says, with a warning each time") {
  GateSpec spec = open_gate(with_deadline(persons(1), DeadlineOutcome::extend, 2));
  CHECK(spec.run_until(minute(60)) == "approval.deadline_warning approval.deadline_extended");
  CHECK(spec.timers().at("deadline") == minute(90));
  CHECK(spec.run_until(minute(90)) == "approval.deadline_warning approval.deadline_extended");
  CHECK(spec.timers().at("deadline") == minute(120));
  CHECK(spec.run_until(minute(120)) == "approval.deadline_warning approval.escalated");
  CHECK(spec.timers().empty());
}

TEST_CASE("gate: no warning where the policy asks for none") {
  GatePolicy policy = with_deadline(persons(1), DeadlineOutcome::escalate);
  policy.deadline->warn_minutes = 0;
  GateSpec spec = open_gate(policy);
  CHECK(spec.run_until(minute(60)) == "approval.escalated");
}

TEST_CASE("gate: a deadline that came due while nothing ran fires then, without a warning") {
  GateSpec spec = open_gate(with_deadline(persons(1), DeadlineOutcome::extend, 1));
  spec.at(minute(300));
  CHECK(spec.run_until(minute(300)) == "approval.deadline_extended");
  CHECK(spec.timers().at("deadline") == minute(330));
  CHECK(spec.timers().at("deadline_warning") == minute(315));

  // Whichever fires first.
  GateSpec other = open_gate(with_deadline(persons(1), DeadlineOutcome::extend, 1));
  CHECK(other.at(minute(300)).when(gate::TimerFired{"deadline_warning"}).brief() == "nothing");
  CHECK(other.timers().count("deadline_warning") == 0);
  CHECK(other.when(gate::TimerFired{"deadline"}).brief() == "approval.deadline_extended");
  CHECK(other.timers().at("deadline_warning") == minute(315));
}

TEST_CASE("gate: a timer that fires too early is set again, one of a closed gate is taken away") {
  GateSpec spec = open_gate(with_deadline(persons(1), DeadlineOutcome::approve));
  const auto early = spec.at(minute(59)).when(gate::TimerFired{"deadline"});
  CHECK(early.brief() == "nothing");
  REQUIRE(early.timers.size() == 1);
  CHECK(early.timers.at(0).due == minute(60));

  spec.as(person("carol")).when(reject());
  const auto stale = spec.at(minute(60)).as(Principal{}).when(gate::TimerFired{"deadline"});
  CHECK(stale.brief() == "nothing");
  REQUIRE(stale.timers.size() == 1);
  CHECK_FALSE(stale.timers.at(0).due);
  const auto unknown = spec.when(gate::TimerFired{"other"});
  REQUIRE(unknown.timers.size() == 1);
  CHECK(unknown.timers.at(0).name == "other");
  CHECK_FALSE(unknown.timers.at(0).due);
}

TEST_CASE("gate: a pause keeps what was left of the time") {
  GateSpec spec = open_gate(with_deadline(persons(1), DeadlineOutcome::reject));
  spec.at(minute(20)).when(gate::PauseClock{});
  CHECK(spec.timers().empty());
  CHECK(spec.run_until(minute(1000)).empty());
  const auto resumed = spec.when(gate::ResumeClock{});
  CHECK(resumed.first<gate::ClockResumed>().deadline == minute(1040));
  CHECK(spec.timers().at("deadline") == minute(1040));
  CHECK(spec.timers().at("deadline_warning") == minute(1025));
  CHECK(spec.run_until(minute(1040)) == "approval.deadline_warning approval.rejected");
}

TEST_CASE("gate: one that was warned before the pause is not warned again") {
  GateSpec spec = open_gate(with_deadline(persons(1), DeadlineOutcome::reject));
  spec.run_until(minute(50));
  spec.when(gate::PauseClock{});
  spec.at(minute(100)).when(gate::ResumeClock{});
  CHECK(spec.run_until(minute(110)) == "approval.rejected");
}

TEST_CASE("gate: opened in a pause, the clock starts when the pipeline goes on") {
  gate::Open open = gate_open(with_deadline(persons(1), DeadlineOutcome::reject));
  open.opened.paused = true;
  GateSpec spec(gate_cast());
  spec.when(open);
  CHECK(spec.timers().empty());
  spec.at(minute(30)).when(gate::ResumeClock{});
  CHECK(spec.timers().at("deadline") == minute(90));

  // Decisions are taken meanwhile.
  GateSpec decided(gate_cast());
  decided.when(open);
  CHECK(decided.as(person("dave")).when(approve()).brief() == "approval.voted approval.approved");
}

TEST_CASE("gate: without a deadline there is no clock to hold") {
  GateSpec spec = open_gate(persons(1));
  CHECK(spec.when(gate::PauseClock{}).brief() == "nothing");
  CHECK(spec.when(gate::ResumeClock{}).brief() == "nothing");

  gate::Open open = gate_open(persons(1));
  open.opened.paused = true;
  GateSpec paused(gate_cast());
  paused.when(open);
  CHECK(paused.when(gate::ResumeClock{}).brief() == "nothing");
}

}  // namespace
}  // namespace factory::test
