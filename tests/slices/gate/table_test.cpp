#include <map>
#include <set>
#include <sstream>

#include "tests/slices/gate/support.hpp"
#include "tests/support/catch.hpp"

/// Every command in every state that a gate can be in.
namespace factory::test {
namespace {

GatePolicy two() { return with_deadline(persons(2), DeadlineOutcome::escalate); }

GateSpec half_approved() {
  GateSpec spec = open_gate(two());
  gate::Vote vote = approve();
  vote.conditions = {"Quota"};
  spec.as(person("carol")).when(vote);
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
  all.push_back({"half", half_approved()});
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

/// What each command comes to in each situation, in the words of the legend.
constexpr const char* table = R"(
                 none pending half paused overdue approved consumed rejected cancelled
open             OPEN 409     409  409    409     409      409      409      409
erin-approves    404  V       VA   V      VA      late     late     late     409
carol-approves   404  V       -    V      -       -        -        -        409
erin-rejects     404  VR      VR   VR     VR      late     late     late     409
carol-rejects    404  VR      409  VR     409     late     late     late     409
dave-rejects     404  VR      VR   VR     VR      late     late     -        409
carol-rescinds   404  409     RESC 409    RESC    409      409      409      409
dave-rescinds    404  409     403  409    403     RESC     409      409      409
erin-rescinds    404  409     403  409    403     403      403      409      409
erin-delegates   404  DELE    DELE DELE   DELE    late     late     late     409
goose-escalates  404  ESCA    ESCA ESCA   ESCA    late     late     late     409
other-subject    404  SUBJ    SUBJ SUBJ   SUBJ    -        -        -        -
same-subject     404  -       -    -      -       -        -        -        -
new-priority     404  PRIO    PRIO PRIO   PRIO    -        -        -        -
same-priority    404  -       -    -      -       -        -        -        -
consume          404  409     409  409    409     CONS     -        409      409
pause-clock      404  PAUS    PAUS -      -       -        -        -        -
resume-clock     404  -       -    RESU   -       -        -        -        -
meet-condition   404  422     MET  422    MET     MET      MET      late     409
cancel           404  CANC    CANC CANC   CANC    -        -        -        -
stale-deadline   -    -       -    -      -       -        -        -        -
stale-warning    -    -       -    -      -       -        -        -        -
unknown-timer    -    -       -    -      -       -        -        -        -
)";

const std::map<std::string, std::string> legend{
    {"-", "nothing"},
    {"403", "refused: forbidden"},
    {"404", "refused: not_found"},
    {"409", "refused: conflict"},
    {"422", "refused: unprocessable"},
    {"late", "refused: already_decided"},
    {"MET", "approval.condition_met"},
    {"OPEN", "approval.pending"},
    {"V", "approval.voted"},
    {"VA", "approval.voted approval.approved"},
    {"VR", "approval.voted approval.rejected"},
    {"RESC", "approval.rescinded"},
    {"DELE", "approval.delegated"},
    {"ESCA", "approval.escalated"},
    {"SUBJ", "approval.subject_changed"},
    {"PRIO", "approval.priority_changed"},
    {"CONS", "approval.consumed"},
    {"PAUS", "approval.clock_paused"},
    {"RESU", "approval.clock_resumed"},
    {"CANC", "approval.cancelled"},
};

struct Act {
  Principal who;  ///< by default the system
  gate::Command command;
};

const std::map<std::string, Act>& acts() {
  static const std::map<std::string, Act> all{
      {"open", {{}, gate_open(two())}},
      {"erin-approves", {person("erin"), approve()}},
      {"carol-approves", {person("carol"), approve()}},
      {"erin-rejects", {person("erin"), reject()}},
      {"carol-rejects", {person("carol"), reject()}},
      {"dave-rejects", {person("dave"), reject()}},
      {"carol-rescinds", {person("carol"), gate::Rescind{"why"}}},
      {"dave-rescinds", {person("dave"), gate::Rescind{"why"}}},
      {"erin-rescinds", {person("erin"), gate::Rescind{"why"}}},
      {"erin-delegates", {person("erin"), gate::Delegate{"dave", "away"}}},
      {"goose-escalates", {agent("goose"), gate::Escalate{"erin", "urgent"}}},
      {"other-subject", {{}, gate::ChangeSubject{"digest-2", "config.runtime"}}},
      {"same-subject", {{}, gate::ChangeSubject{"digest-1", "priority"}}},
      {"new-priority", {{}, gate::SetPriority{Priority::critical}}},
      {"same-priority", {{}, gate::SetPriority{Priority::high}}},
      {"consume", {{}, gate::Consume{}}},
      {"pause-clock", {{}, gate::PauseClock{}}},
      {"resume-clock", {{}, gate::ResumeClock{}}},
      {"meet-condition", {person("erin"), gate::MeetCondition{"Quota", "", "Raised"}}},
      {"cancel", {{}, gate::Cancel{"archived"}}},
      {"stale-deadline", {{}, gate::TimerFired{"deadline"}}},
      {"stale-warning", {{}, gate::TimerFired{"deadline_warning"}}},
      {"unknown-timer", {{}, gate::TimerFired{"other"}}},
  };
  return all;
}

TEST_CASE("gate: every command answers for every state") {
  const std::vector<Situation> all = situations();
  std::istringstream lines(table);
  std::string line, name, expected;
  std::getline(lines, line);
  std::getline(lines, line);
  std::istringstream head(line);
  for (const Situation& situation : all) REQUIRE((head >> name && name == situation.name));
  std::set<std::size_t> covered;
  std::set<std::string> seen;
  while (std::getline(lines, line)) {
    std::istringstream row(line);
    row >> name;
    const Act& act = acts().at(name);
    covered.insert(act.command.index());
    seen.insert(name);
    for (const Situation& situation : all) {
      CAPTURE(name, situation.name);
      REQUIRE(row >> expected);
      GateSpec spec = situation.spec;
      const auto outcome = spec.as(act.who).when(act.command);
      CHECK(outcome.brief() == legend.at(expected));
      CHECK((!outcome.error || !outcome.error->detail.empty()));
    }
  }
  CHECK(seen.size() == acts().size());
  CHECK(covered.size() == std::variant_size_v<gate::Command>);
}

TEST_CASE(
    "gate: timers run exactly while it is pending, its clock runs and its deadline is ahead") {
  for (const auto& [name, act] : acts()) {
    for (const Situation& situation : situations()) {
      CAPTURE(name, situation.name);
      GateSpec spec = situation.spec;
      spec.as(act.who).when(act.command);
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
