#include <set>

#include "tests/slices/task/support.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {
namespace {

using nlohmann::json;

LadderStep step(std::string name, LadderFrom from, int minutes) {
  LadderStep made;
  made.name = std::move(name);
  made.from = from;
  made.minutes = minutes;
  return made;
}

/// Under medium priority: warning at 60, breach at 120, escalation at 240 minutes.
TaskSpec with_ladder(bool paused = false) {
  const auto ladder = std::make_shared<Ladder>();
  ladder->steps = {step("created", LadderFrom::created, 0), step("first", LadderFrom::created, 30),
                   step("second", LadderFrom::created, 50), step("third", LadderFrom::created, 80),
                   step("soon", LadderFrom::deadline, -10), step("over", LadderFrom::deadline, 0)};
  auto created = task_created();
  created.ladder = ladder;
  created.paused = paused;
  TaskSpec spec(staff());
  spec.when(task::Create{std::move(created)});
  spec.run_until(minute(0));
  return spec;
}

const task::Defer for_an_hour{minute(70), "the customer is asked"};

TEST_CASE("a deferral keeps the status and shows until when, by whom and why", "[defer]") {
  for (const bool claimed : {false, true}) {
    TaskSpec spec = open_task();
    spec.as(person("carl")).at(minute(10));
    if (claimed) spec.when(task::Claim{});
    const std::string status = spec.view().status;
    CHECK(spec.when(for_an_hour).brief() == "task.deferred");
    const Shown view = spec.view();
    CHECK(view.status == status);
    CHECK(view.doc.at("decision") == "deferred");
    CHECK(view.doc.at("decision_notes") == "the customer is asked");
    CHECK(view.doc.at("deferred_until") == format_time(minute(70)));
    CHECK(view.doc.at("deferred_by") == "carl");
    CHECK(view.doc.at("deferred_at") == format_time(minute(10)));
    CHECK_FALSE(view.doc.contains("decided_by"));
    CHECK(spec.when(for_an_hour).brief() == "nothing");
  }
}

TEST_CASE("a task is put off to a moment ahead, of at most thirty days", "[defer]") {
  TaskSpec spec = open_task();
  spec.as(person("carl")).at(minute(10));
  const auto ask = [&](Time until) { return spec.ask(task::Defer{until, "later"}); };
  constexpr int day = 1440;
  for (const Time wrong : {minute(9), minute(10), minute(10 + 30 * day) + Millis{1}, Time{}}) {
    const auto outcome = ask(wrong);
    REQUIRE(outcome.brief() == "refused: invalid_request");
    CHECK(outcome.error->fields.at(0).pointer == "/until");
  }
  CHECK(ask(minute(10) + Millis{1}).brief() == "task.deferred");
  CHECK(ask(minute(10 + 30 * day)).brief() == "task.deferred");
}

TEST_CASE("a task that somebody else has claimed is theirs to put off", "[defer]") {
  TaskSpec spec = open_task();
  spec.as(person("carl")).when(task::Claim{});
  const auto other = spec.as(person("dora")).ask(for_an_hour);
  REQUIRE(other.brief() == "refused: conflict");
  CHECK(other.error->data.at("claimed_by") == "carl");
  spec.as(person("carl")).when(task::Start{});
  CHECK(spec.ask(for_an_hour).brief() == "task.deferred");
}

TEST_CASE("while it is put off nobody is reminded, and of what was missed once", "[defer]") {
  TaskSpec spec = with_ladder();
  spec.as(person("carl")).at(minute(10)).when(for_an_hour);
  CHECK(spec.timers().at("deferral") == minute(70));
  CHECK(spec.run_until(minute(69)) == "task.sla_warning");
  CHECK(steps_taken(spec) == "created");
  CHECK(spec.run_until(minute(70)) == "task.deferral_ended task.reminded");
  CHECK(steps_taken(spec) == "created second");
  CHECK(spec.state().told.back().next == "third");
  CHECK_FALSE(spec.view().doc.contains("decision"));
  CHECK(spec.timers().count("deferral") == 0);
  spec.run_until(minute(80));
  CHECK(steps_taken(spec) == "created second third");
}

TEST_CASE("a short deferral holds nothing back", "[defer]") {
  TaskSpec spec = with_ladder();
  spec.as(person("carl")).when(task::Defer{minute(20), "lunch"});
  CHECK(spec.run_until(minute(20)) == "task.deferral_ended");
  CHECK(spec.run_until(minute(30)) == "task.reminded");
  CHECK(steps_taken(spec) == "created first");
}

TEST_CASE("a deferral quiets neither the deadline nor the SLA", "[defer]") {
  TaskSpec spec = with_ladder();
  spec.as(person("carl")).at(minute(10)).when(task::Defer{minute(1'000), "next week"});
  CHECK(spec.run_until(minute(999)) ==
        "task.sla_warning task.reminded task.reminded task.sla_breached task.escalated");
  CHECK(steps_taken(spec) == "created soon over");
  CHECK(spec.view().doc.at("decision") == "deferred");
  CHECK(spec.view().doc.at("sla_breached") == true);
  // The deadline's own steps have said more than what was held back: one of it is enough.
  CHECK(spec.run_until(minute(2'000)) == "task.deferral_ended task.reminded");
  CHECK(steps_taken(spec) == "created soon over third");
}

TEST_CASE("what is done about a task ends its deferral or replaces it", "[defer]") {
  struct Case {
    std::string name;
    Principal who;
    task::Command command;
    std::string brief;
    std::string decision;  ///< shown after it; empty: none
  };
  const std::string ended = "task.deferral_ended ";
  const std::vector<Case> cases{
      {"another claims", person("dora"), task::Claim{}, ended + "task.claimed", ""},
      {"who put it off claims", person("carl"), task::Claim{}, "task.claimed", "deferred"},
      {"another begins", person("dora"), task::Start{}, ended + "task.claimed task.started", ""},
      {"who put it off begins", person("carl"), task::Start{}, ended + "task.claimed task.started",
       ""},
      {"reassigned", person("dora"), task::Reassign{"ada", "hers"}, ended + "task.reassigned", ""},
      {"put off again", person("dora"), task::Defer{minute(90), "no answer"}, "task.deferred",
       "deferred"},
      {"a new priority", person("dora"), task::SetPriority{Priority::high, "", false},
       "task.priority_changed", "deferred"},
      {"escalated by somebody", person("dora"), task::Escalate{"", "now"}, ended + "task.escalated",
       "escalated"},
      {"escalated by the clock", {}, task::Escalate{"", "late"}, "task.escalated", "deferred"},
      {"completed", person("dora"), task::Complete{"approved", "", {}}, "task.completed",
       "approved"},
      {"resolved", person("dora"), task::Resolve{"rejected", "", "dora", false}, "task.completed",
       "rejected"},
      {"expired", {}, task::Resolve{"rejected", "", "system", true}, "task.expired", "rejected"},
      {"cancelled", {}, task::Cancel{"archived"}, "task.cancelled", ""},
      {"its clock is stopped", {}, task::PauseClock{}, "task.clock_paused", "deferred"},
  };
  for (const Case& one : cases) {
    INFO(one.name);
    TaskSpec spec = with_ladder();
    spec.as(person("carl")).at(minute(10)).when(for_an_hour);
    CHECK(spec.at(minute(55)).as(one.who).when(one.command).brief() == one.brief);
    const json doc = spec.view().doc;
    CHECK(doc.value("decision", "") == one.decision);
    CHECK(doc.contains("deferred_until") == (one.decision == "deferred"));
    CHECK((spec.timers().count("deferral") == 1) == (one.decision == "deferred"));
    if (one.brief.starts_with(ended)) {
      CHECK(spec.run_until(minute(55)) == "task.reminded");
      CHECK(steps_taken(spec) == "created second");
    }
  }
}

TEST_CASE("a second deferral counts from itself", "[defer]") {
  TaskSpec spec = with_ladder();
  spec.as(person("carl")).at(minute(10)).when(for_an_hour);
  spec.at(minute(20)).when(task::Defer{minute(40), "sooner"});
  CHECK(spec.timers().at("deferral") == minute(40));
  CHECK(spec.run_until(minute(40)) == "task.deferral_ended task.reminded");
  CHECK(steps_taken(spec) == "created first");
}

TEST_CASE(
    "a task that was decided while it was put off is not told of all at once when it comes back",
    "[defer]") {
  TaskSpec spec = with_ladder();
  spec.as(person("carl")).at(minute(10)).when(for_an_hour);
  spec.at(minute(55)).when(task::Resolve{"approved", "", "dora", false});
  spec.at(minute(56)).when(task::Reopen{"taken back"});
  CHECK(spec.run_until(minute(56)) == "task.reminded");
  CHECK(steps_taken(spec) == "created second");
}

TEST_CASE("an agent that goes away leaves no deferral behind", "[defer]") {
  TaskSpec spec = open_task(task::Type::fix_required);
  spec.as(agent("bot")).when(task::Claim{});
  spec.when(for_an_hour);
  CHECK(spec.as({}).when(task::GiveBack{"bot", "agent_offline"}).brief() ==
        "task.deferral_ended task.released");
  CHECK_FALSE(spec.state().deferral);
}

TEST_CASE("a deferral ends at its moment also while the clock stands still", "[defer]") {
  TaskSpec spec = with_ladder();
  spec.as(person("carl")).at(minute(10)).when(for_an_hour);
  spec.at(minute(55)).when(task::PauseClock{});
  CHECK(spec.run_until(minute(70)) == "task.deferral_ended");
  CHECK(steps_taken(spec) == "created");
  spec.at(minute(100)).when(task::ResumeClock{});
  CHECK(spec.run_until(minute(100)) == "task.reminded");
  CHECK(steps_taken(spec) == "created second");
}

TEST_CASE("a task of a paused pipeline can be put off before it was told of", "[defer]") {
  TaskSpec spec = with_ladder(true);
  spec.as(person("carl")).when(for_an_hour);
  spec.at(minute(5)).when(task::ResumeClock{});
  CHECK(spec.run_until(minute(70)) == "task.sla_warning task.deferral_ended task.reminded");
  CHECK(steps_taken(spec) == "second");
}

TEST_CASE("a deferral's timer that fires early or for nothing changes nothing", "[defer]") {
  TaskSpec spec = with_ladder();
  const auto none = spec.when(task::TimerFired{"deferral"});
  CHECK(none.brief() == "nothing");
  spec.as(person("carl")).when(for_an_hour);
  CHECK(spec.as({}).at(minute(69)).when(task::TimerFired{"deferral"}).brief() == "nothing");
  CHECK(spec.timers().at("deferral") == minute(70));
}

TEST_CASE("an escalation by somebody shows as the decision until it is taken up", "[defer]") {
  TaskSpec spec = open_task();
  spec.as(person("carl")).when(task::Escalate{"dora", "the customer waits"});
  CHECK(spec.view().doc.at("decision") == "escalated");
  CHECK(spec.view().doc.at("decision_notes") == "the customer waits");
  CHECK(spec.view().doc.at("escalated_by") == "carl");
  spec.as(person("dora")).when(task::Claim{});
  CHECK_FALSE(spec.view().doc.contains("decision"));
  TaskSpec by_clock = open_task();
  by_clock.run_until(minute(240));
  CHECK(by_clock.view().status == "escalated");
  CHECK_FALSE(by_clock.view().doc.contains("decision"));
}

TEST_CASE("a task that is put off stands in the queue, and no agent is handed it", "[defer]") {
  TaskSpec spec = open_task(task::Type::fix_required);
  const auto keys = [&] {
    std::set<std::string> all;
    for (const IndexEntry& entry : spec.view().index) all.insert(entry.key);
    return all;
  };
  CHECK(keys().count("agent.work") == 1);
  spec.as(person("carl")).when(for_an_hour);
  CHECK(keys().count("agent.work") == 0);
  CHECK(keys().count("task.open") == 1);
  CHECK(keys().count("task.open.deferred") == 1);
  spec.run_until(minute(70));
  CHECK(keys().count("agent.work") == 1);
  CHECK(keys().count("task.open.deferred") == 0);
}

}  // namespace
}  // namespace factory::test
