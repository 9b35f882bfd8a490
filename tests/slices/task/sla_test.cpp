#include "tests/slices/task/support.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {
namespace {

using Timers = std::map<std::string, Time>;

const Timers medium_timers{
    {"sla_warning", minute(60)}, {"sla_breach", minute(120)}, {"sla_escalation", minute(240)}};

TEST_CASE("the SLA warns, breaches and escalates at its minutes, once") {
  TaskSpec spec = open_task();
  CHECK(spec.timers() == medium_timers);
  CHECK(spec.run_until(minute(59)).empty());
  CHECK(spec.run_until(minute(60)) == "task.sla_warning");
  CHECK(spec.run_until(minute(239)) == "task.sla_breached");
  CHECK(spec.run_until(minute(10'000)) == "task.escalated");
  CHECK(spec.timers().empty());
  CHECK(spec.state().status == task::Status::escalated);
  CHECK(spec.state().escalation_level == 1);
  CHECK(spec.state().escalated_to.empty());
  CHECK(spec.state().sla_breached);
}

TEST_CASE("each step of the SLA is announced") {
  TaskSpec spec = open_task();
  const auto fire = [&](const std::string& name) {
    return spec.at(spec.timers().at(name)).when(task::TimerFired{name}).announced();
  };
  CHECK(fire("sla_warning") == "task.sla_warning");
  CHECK(fire("sla_breach") == "task.sla_breached");
  CHECK(fire("sla_escalation") == "task.escalated");
}

TEST_CASE("after a long downtime every step is taken still, in order") {
  TaskSpec spec = open_task();
  spec.at(minute(1'000));
  CHECK(spec.run_until(minute(1'000)) == "task.sla_warning task.sla_breached task.escalated");
}

TEST_CASE("minutes of 0 set no timer") {
  TaskSpec spec(staff());
  auto created = task_created();
  created.priority = Priority::low;
  spec.when(task::Create{created});
  CHECK(spec.timers().empty());
  CHECK(spec.run_until(minute(100'000)).empty());
}

TEST_CASE("a timer that fires early, twice or for a closed task changes nothing") {
  TaskSpec spec = open_task();
  const auto early = spec.at(minute(10)).when(task::TimerFired{"sla_breach"});
  CHECK(early.brief() == "nothing");
  CHECK(spec.timers() == medium_timers);
  spec.run_until(minute(60));
  const auto twice = spec.when(task::TimerFired{"sla_warning"});
  CHECK(twice.brief() == "nothing");
  REQUIRE(twice.timers.size() == 1);
  CHECK(twice.timers[0].name == "sla_warning");
  CHECK_FALSE(twice.timers[0].due);
  spec.when(task::Cancel{""});
  const auto late = spec.at(minute(120)).when(task::TimerFired{"sla_breach"});
  CHECK(late.brief() == "nothing");
  REQUIRE(late.timers.size() == 1);
  CHECK_FALSE(late.timers[0].due);
}

TEST_CASE("closing a task cancels its timers") {
  TaskSpec spec = open_task();
  spec.as(person("carl"));
  SECTION("completed") { spec.when(task::Complete{"approved", "", {}}); }
  SECTION("resolved") { spec.when(task::Resolve{"approved", "", "dora", false}); }
  SECTION("cancelled") { spec.when(task::Cancel{"archived"}); }
  CHECK(spec.timers().empty());
}

TEST_CASE("a pause stops the clock and a resume counts on") {
  TaskSpec spec = open_task();
  spec.run_until(minute(30));
  spec.when(task::PauseClock{});
  CHECK(spec.timers().empty());
  CHECK(spec.run_until(minute(500)).empty());
  spec.when(task::ResumeClock{});
  CHECK(spec.timers() == Timers{{"sla_warning", minute(530)},
                                {"sla_breach", minute(590)},
                                {"sla_escalation", minute(710)}});
  spec.when(task::PauseClock{});
  spec.at(minute(600)).when(task::ResumeClock{});
  CHECK(spec.timers().at("sla_warning") == minute(630));
  CHECK(spec.run_until(minute(630)) == "task.sla_warning");
}

TEST_CASE("a task that is created in a paused pipeline waits with its clock") {
  TaskSpec spec(staff());
  auto created = task_created();
  created.paused = true;
  spec.when(task::Create{created});
  CHECK(spec.timers().empty());
  spec.at(minute(100)).when(task::ResumeClock{});
  CHECK(spec.timers().at("sla_warning") == minute(160));
}

TEST_CASE("what was done before a pause is not done again after it") {
  TaskSpec spec = open_task();
  CHECK(spec.run_until(minute(130)) == "task.sla_warning task.sla_breached");
  spec.when(task::PauseClock{});
  spec.at(minute(200)).when(task::ResumeClock{});
  CHECK(spec.timers() == Timers{{"sla_escalation", minute(310)}});
}

TEST_CASE("a higher priority moves the deadlines nearer, or makes them due") {
  TaskSpec spec = open_task();
  spec.as(person("carl")).at(minute(40));
  spec.when(task::SetPriority{Priority::high, "customer waits", false});
  CHECK(spec.timers() == Timers{{"sla_warning", minute(30)},
                                {"sla_breach", minute(60)},
                                {"sla_escalation", minute(90)}});
  CHECK(spec.run_until(minute(40)) == "task.sla_warning");
  CHECK(spec.run_until(minute(60)) == "task.sla_breached");
}

TEST_CASE("a lower priority takes back a breach that lies ahead now") {
  TaskSpec spec(staff());
  auto created = task_created();
  created.priority = Priority::critical;
  spec.when(task::Create{created});
  CHECK(spec.run_until(minute(16)) == "task.sla_warning task.sla_breached task.escalated");
  spec.when(task::SetPriority{Priority::medium, "not that urgent", false});
  CHECK_FALSE(spec.state().sla_breached);
  CHECK(spec.timers() == Timers{{"sla_warning", minute(60)}, {"sla_breach", minute(120)}});
  CHECK(spec.run_until(minute(10'000)) == "task.sla_warning task.sla_breached");
}

TEST_CASE("a lower priority keeps a breach that is one still") {
  TaskSpec spec(staff());
  auto created = task_created();
  created.priority = Priority::critical;
  spec.when(task::Create{created});
  spec.run_until(minute(70));
  spec.when(task::SetPriority{Priority::high, "", false});
  CHECK(spec.state().sla_breached);
  CHECK(spec.timers().empty());
}

TEST_CASE("a priority that changes during a pause counts when the clock runs again") {
  TaskSpec spec = open_task();
  spec.at(minute(20)).when(task::PauseClock{});
  spec.at(minute(50)).when(task::SetPriority{Priority::high, "", false});
  CHECK(spec.timers().empty());
  spec.at(minute(70)).when(task::ResumeClock{});
  CHECK(spec.timers().at("sla_warning") == minute(80));
}

TEST_CASE("a person's escalation does not spare the task the SLA's") {
  TaskSpec spec = open_task();
  spec.when(task::Escalate{"dora", "please"});
  CHECK(spec.run_until(minute(1'000)) == "task.sla_warning task.sla_breached task.escalated");
  CHECK(spec.state().escalation_level == 2);
}

TEST_CASE("a reopened task counts on without the time that it was closed") {
  TaskSpec spec = open_task();
  spec.run_until(minute(50));
  spec.when(task::Resolve{"approved", "", "dora", false});
  spec.at(minute(300)).when(task::Reopen{"taken back"});
  CHECK(spec.state().status == task::Status::pending);
  CHECK(spec.state().waiting_since == minute(300));
  CHECK_FALSE(spec.state().completion);
  CHECK(spec.timers().at("sla_warning") == minute(310));
}

TEST_CASE("a task that was decided while paused counts its pause once when it is reopened") {
  TaskSpec spec = open_task();
  spec.at(minute(10)).when(task::PauseClock{});
  spec.at(minute(30)).when(task::Resolve{"approved", "", "dora", false});
  spec.at(minute(100)).when(task::Reopen{"taken back"});
  CHECK(spec.timers().at("sla_warning") == minute(150));
}

}  // namespace
}  // namespace factory::test
