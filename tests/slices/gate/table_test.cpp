#include <functional>

#include "tests/slices/gate/support.hpp"
#include "tests/support/catch.hpp"

/// Every command in every state that a gate can be in.
namespace factory::test {
namespace {

GatePolicy two() { return with_deadline(persons(2), DeadlineOutcome::escalate); }

GateSpec half_approved() {
  GateSpec spec = open_gate(two());
  spec.as(person("carol")).when(approve());
  return spec;
}

GateSpec approved() {
  GateSpec spec = half_approved();
  spec.as(person("dave")).when(approve());
  return spec;
}

struct Situation {
  std::string name;
  GateSpec spec;
};

std::vector<Situation> situations() {
  std::vector<Situation> all;
  all.push_back({"none", GateSpec(gate_cast())});
  all.push_back({"pending", open_gate(two())});
  all.push_back({"half approved", half_approved()});
  all.push_back({"paused", open_gate(two())});
  all.back().spec.when(gate::PauseClock{});
  all.push_back({"overdue", half_approved()});
  all.back().spec.run_until(minute(61));
  all.push_back({"approved", approved()});
  all.push_back({"consumed", approved()});
  all.back().spec.when(gate::Consume{});
  all.push_back({"rejected", half_approved()});
  all.back().spec.as(person("dave")).when(reject());
  all.push_back({"cancelled", half_approved()});
  all.back().spec.when(gate::Cancel{"archived"});
  return all;
}

struct Row {
  std::string what;
  Principal who;
  gate::Command command;
  std::vector<std::string> expected;  ///< by situation; shorter: the last repeats
};

constexpr const char* opened = "approval.pending";
constexpr const char* voted = "approval.voted";
constexpr const char* closing = "approval.voted approval.approved";
constexpr const char* rejecting = "approval.voted approval.rejected";
constexpr const char* nothing = "nothing";
constexpr const char* conflict = "refused: conflict";
constexpr const char* missing = "refused: not_found";
constexpr const char* late = "refused: already_decided";
constexpr const char* forbidden = "refused: forbidden";

std::vector<Row> rows() {
  const Principal carol = person("carol");
  const Principal dave = person("dave");
  const Principal erin = person("erin");
  const Principal house;
  return {
      // by:                       none     pending    half       paused     overdue    approved
      //                           consumed rejected   cancelled
      {"open",
       house,
       gate_open(two()),
       {opened, conflict, conflict, conflict, conflict, conflict, conflict, conflict, conflict}},
      {"first or last approval",
       erin,
       approve(),
       {missing, voted, closing, voted, closing, late, late, late, conflict}},
      {"the same approval again",
       carol,
       approve(),
       {missing, voted, nothing, voted, nothing, nothing, nothing, nothing, conflict}},
      {"rejection",
       erin,
       reject(),
       {missing, rejecting, rejecting, rejecting, rejecting, late, late, late, conflict}},
      {"the other verdict",
       carol,
       reject(),
       {missing, rejecting, conflict, rejecting, conflict, late, late, late, conflict}},
      {"the rejection again",
       dave,
       reject(),
       {missing, rejecting, rejecting, rejecting, rejecting, late, late, nothing, conflict}},
      {"rescind the first vote",
       carol,
       gate::Rescind{"why"},
       {missing, conflict, "approval.rescinded", conflict, "approval.rescinded", conflict, conflict,
        conflict, conflict}},
      {"rescind the deciding vote",
       dave,
       gate::Rescind{"why"},
       {missing, conflict, forbidden, conflict, forbidden, "approval.rescinded", conflict, conflict,
        conflict}},
      {"rescind another's vote",
       erin,
       gate::Rescind{"why"},
       {missing, conflict, forbidden, conflict, forbidden, forbidden, forbidden, conflict,
        conflict}},
      {"delegate",
       erin,
       gate::Delegate{"dave", "away"},
       {missing, "approval.delegated", "approval.delegated", "approval.delegated",
        "approval.delegated", late, late, late, conflict}},
      {"escalate",
       agent("goose"),
       gate::Escalate{"erin", "urgent"},
       {missing, "approval.escalated", "approval.escalated", "approval.escalated",
        "approval.escalated", late, late, late, conflict}},
      {"other subject",
       house,
       gate::ChangeSubject{"digest-2", "config.runtime"},
       {missing, "approval.subject_changed", "approval.subject_changed", "approval.subject_changed",
        "approval.subject_changed", nothing}},
      {"same subject", house, gate::ChangeSubject{"digest-1", "priority"}, {missing, nothing}},
      {"consume",
       house,
       gate::Consume{},
       {missing, conflict, conflict, conflict, conflict, "approval.consumed", nothing, conflict,
        conflict}},
      {"pause the clock",
       house,
       gate::PauseClock{},
       {missing, "approval.clock_paused", "approval.clock_paused", nothing}},
      {"resume the clock",
       house,
       gate::ResumeClock{},
       {missing, nothing, nothing, "approval.clock_resumed", nothing}},
      {"cancel",
       house,
       gate::Cancel{"archived"},
       {missing, "approval.cancelled", "approval.cancelled", "approval.cancelled",
        "approval.cancelled", nothing}},
      {"the deadline, too early or too late", house, gate::TimerFired{"deadline"}, {nothing}},
      {"the warning, too early or too late",
       house,
       gate::TimerFired{"deadline_warning"},
       {nothing}},
      {"an unknown timer", house, gate::TimerFired{"other"}, {nothing}},
  };
}

TEST_CASE("gate: every command answers for every state") {
  const std::vector<Situation> all = situations();
  REQUIRE(all.size() == 9);
  for (const Row& row : rows()) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      CAPTURE(row.what, all[i].name);
      GateSpec spec = all[i].spec;
      const auto outcome = spec.as(row.who).when(row.command);
      CHECK(outcome.brief() == row.expected.at(std::min(i, row.expected.size() - 1)));
      CHECK((!outcome.error || !outcome.error->detail.empty()));
    }
  }
}

TEST_CASE(
    "gate: timers run exactly while it is pending, its clock runs and its deadline is ahead") {
  for (const Row& row : rows()) {
    for (const Situation& situation : situations()) {
      CAPTURE(row.what, situation.name);
      GateSpec spec = situation.spec;
      spec.as(row.who).when(row.command);
      const gate::State& state = spec.state();
      const bool running =
          state.status == gate::Status::pending && !state.paused_at && !state.deadline_passed;
      CHECK(spec.timers().count("deadline") == (running ? 1U : 0U));
      CHECK(spec.timers().count("deadline_warning") == (running ? 1U : 0U));
      if (running) CHECK(spec.timers().at("deadline") == *state.deadline);
    }
  }
}

TEST_CASE("gate: a closed gate says who decided, when and how") {
  GateSpec spec = approved();
  const auto outcome = spec.as(person("erin")).ask(approve());
  REQUIRE(outcome.error);
  CHECK(outcome.error->data.at("decided_by") == "dave");
  CHECK(outcome.error->data.at("decided_at") == format_time(story_start));
  CHECK(outcome.error->data.at("outcome") == "approved");
  CHECK_THAT(outcome.detail(), contains("\"Review\" was approved by dave at 2026-03-02T09:00:00"));

  GateSpec by_clock = open_gate(with_deadline(persons(2), DeadlineOutcome::approve));
  by_clock.run_until(minute(60));
  const auto late_vote = by_clock.as(person("erin")).ask(approve());
  REQUIRE(late_vote.error);
  CHECK(late_vote.error->data.at("decided_by") == "system");
  CHECK_THAT(late_vote.detail(), contains("approved by the deadline"));
}

}  // namespace
}  // namespace factory::test
