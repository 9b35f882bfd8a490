#include "tests/slices/task/support.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {
namespace {

using Names = std::vector<std::string>;
using Channels = std::vector<NotifyChannel>;

LadderStep step(std::string name, LadderFrom from, int minutes, Names to = {"deciders"},
                Channels channels = {NotifyChannel::in_app}) {
  LadderStep made;
  made.name = std::move(name);
  made.from = from;
  made.minutes = minutes;
  made.to = std::move(to);
  made.channels = std::move(channels);
  return made;
}

/// The SLA of medium priority: warning at 60, breach at 120, escalation at 240 minutes.
std::shared_ptr<const Ladder> ladder() {
  const auto made = std::make_shared<Ladder>();
  using enum LadderFrom;
  made->steps = {
      step("created", created, 0, {"deciders"}, {NotifyChannel::in_app, NotifyChannel::discord}),
      step("first", created, 30),
      step("late", created, 180),
      step("soon", deadline, -10),
      step("breach", deadline, 0, {"deciders", "role:admin"}),
      step("critical", deadline, 120, {"role:owner", "group:night"}, {NotifyChannel::phone})};
  return made;
}

TaskSpec with_ladder(task::Created created = task_created(task::Type::review)) {
  std::vector<Principal> everybody = staff();
  everybody.push_back(person("olga", Role::owner));
  everybody.push_back(person("nina", Role::viewer, {"night"}));
  TaskSpec spec(everybody);
  created.ladder = ladder();
  spec.when(task::Create{std::move(created)});
  spec.run_until(minute(0));
  return spec;
}

TEST_CASE("ladder: each step is taken once, at its time", "[ladder]") {
  TaskSpec spec = with_ladder();
  CHECK(steps_taken(spec) == "created");
  CHECK(spec.timers().at("ladder") == minute(30));
  CHECK(spec.run_until(minute(29)).empty());
  CHECK(spec.run_until(minute(30)) == "task.reminded");
  CHECK(spec.timers().at("ladder") == minute(110));
  spec.run_until(minute(10'000));
  // What is counted from the creation and comes after the deadline is left to the deadline's own.
  CHECK(steps_taken(spec) == "created first soon breach critical");
  CHECK(spec.state().told.at(4).at == minute(240));
  CHECK(spec.timers().empty());
}

TEST_CASE("ladder: a step says who is told through what, and what comes next", "[ladder]") {
  TaskSpec spec = with_ladder();
  const task::Reminded first = spec.state().told.at(0);
  CHECK(first.recipients == Names{"ada", "carl", "dora", "olga"});
  CHECK(first.channels == Channels{NotifyChannel::in_app, NotifyChannel::discord});
  CHECK(first.next == "first");
  CHECK(first.next_at == minute(30));
  spec.run_until(minute(10'000));
  CHECK(spec.state().told.at(4).recipients == Names{"nina", "olga"});
  CHECK(spec.state().told.at(4).next.empty());
  CHECK_FALSE(spec.state().told.at(4).next_at);
}

TEST_CASE("ladder: a shared channel is one effect of the task", "[ladder]") {
  TaskSpec spec(staff());
  auto created = task_created();
  created.ladder = ladder();
  spec.when(task::Create{created});
  const auto outcome = spec.when(task::TimerFired{"ladder"});
  CHECK(outcome.brief() == "task.reminded");
  REQUIRE(outcome.effects.size() == 1);
  CHECK(outcome.effects[0].kind == "notify.discord");
  CHECK(outcome.effects[0].subject == "task.reminded/0");
}

TEST_CASE("ladder: closing the task stops it at any step", "[ladder]") {
  const std::vector<task::Command> endings{task::Complete{"approved", "", {}},
                                           task::Resolve{"approved", "", "dora", false},
                                           task::Cancel{"archived"}};
  for (const int stop : {10, 50, 115, 130, 239}) {
    for (const task::Command& ending : endings) {
      INFO("closed after " << stop << " minutes by command " << ending.index());
      TaskSpec spec = with_ladder();
      spec.run_until(minute(stop));
      const std::string before = steps_taken(spec);
      spec.as(person("carl")).when(ending);
      CHECK(spec.timers().empty());
      CHECK(spec.run_until(minute(10'000)).empty());
      CHECK(steps_taken(spec) == before);
      CHECK_FALSE(spec.view().doc.contains("next_notification"));
    }
  }
}

TEST_CASE("ladder: a pause stops its clock", "[ladder]") {
  TaskSpec spec = with_ladder();
  spec.at(minute(20)).when(task::PauseClock{});
  CHECK(spec.timers().empty());
  spec.at(minute(220)).when(task::ResumeClock{});
  CHECK(spec.timers().at("ladder") == minute(230));
  CHECK(spec.timers().at("sla_breach") == minute(320));
  spec.run_until(minute(310));
  CHECK(steps_taken(spec) == "created first soon");
}

TEST_CASE("ladder: a task of a paused pipeline is told of once that goes on", "[ladder]") {
  auto created = task_created();
  created.paused = true;
  TaskSpec spec = with_ladder(created);
  CHECK(steps_taken(spec).empty());
  spec.at(minute(50)).when(task::ResumeClock{});
  CHECK(spec.run_until(minute(50)) == "task.reminded");
  CHECK(spec.timers().at("ladder") == minute(80));
}

TEST_CASE("ladder: a timer that fires early or twice takes no step", "[ladder]") {
  TaskSpec spec = with_ladder();
  const auto early = spec.at(minute(29)).when(task::TimerFired{"ladder"});
  CHECK(early.brief() == "nothing");
  CHECK(spec.timers().at("ladder") == minute(30));
  CHECK(spec.at(minute(30)).when(task::TimerFired{"ladder"}).brief() == "task.reminded");
  CHECK(spec.when(task::TimerFired{"ladder"}).brief() == "nothing");
}

TEST_CASE("ladder: after a long downtime the steps that are due are taken in order", "[ladder]") {
  TaskSpec spec = with_ladder();
  spec.at(minute(125));
  const auto late = spec.when(task::TimerFired{"ladder"});
  CHECK(late.brief() == "task.reminded task.reminded task.reminded");
  CHECK(steps_taken(spec) == "created first soon breach");
  CHECK(spec.timers().at("ladder") == minute(240));
}

TEST_CASE("ladder: a new priority takes the deadline's steps with it", "[ladder]") {
  TaskSpec spec = with_ladder();
  spec.run_until(minute(115));
  CHECK(steps_taken(spec) == "created first soon");
  spec.as(person("carl")).when(task::SetPriority{Priority::low, "", false});
  CHECK(spec.timers().at("ladder") == minute(180));  // without a deadline nothing is after it
  spec.when(task::SetPriority{Priority::medium, "", false});
  CHECK(spec.timers().at("ladder") == minute(120));
  spec.when(task::SetPriority{Priority::high, "", false});
  CHECK(spec.run_until(minute(115)).find("task.reminded") != std::string::npos);
  CHECK(steps_taken(spec) == "created first soon breach");
}

TEST_CASE("ladder: who holds the task is told instead of all who could decide", "[ladder]") {
  TaskSpec spec = with_ladder();
  SECTION("claimed") { spec.as(person("dora")).when(task::Claim{}); }
  SECTION("assigned") {
    spec.as(person("ada", Role::admin)).when(task::Reassign{"dora", "knows it"});
  }
  spec.run_until(minute(125));
  CHECK(spec.state().told.at(1).recipients == Names{"dora"});
  CHECK(spec.state().told.at(3).recipients == Names{"ada", "dora"});
}

TEST_CASE("ladder: of an approval those are told who can decide it and have not", "[ladder]") {
  TaskSpec spec = with_ladder(task_created(task::Type::approval));
  spec.at(minute(30)).when(task::TimerFired{"ladder", Names{"dora", "olga"}});
  CHECK(spec.state().told.at(1).recipients == Names{"dora", "olga"});
  spec.at(minute(110)).when(task::TimerFired{"ladder", Names{}});
  CHECK(spec.state().told.at(2).recipients.empty());
}

TEST_CASE("ladder: a task without one tells of its creation, warning and breach", "[ladder]") {
  TaskSpec spec(staff());
  auto created = task_created();
  created.ladder = nullptr;
  spec.when(task::Create{created});
  spec.run_until(minute(10'000));
  CHECK(steps_taken(spec) == "created warning breach");
  CHECK(spec.state().told.at(1).at == minute(60));
  CHECK(spec.state().told.at(2).at == minute(120));
  CHECK(spec.state().told.at(2).recipients == Names{"ada", "carl", "dora"});
}

TEST_CASE("ladder: an agent that works on it reads no messages", "[ladder]") {
  TaskSpec spec = with_ladder(task_created(task::Type::fix_required));
  spec.as(agent("bot")).when(task::Claim{});
  spec.run_until(minute(30));
  CHECK(spec.state().told.at(1).recipients == Names{"ada", "carl", "dora", "olga"});
}

TEST_CASE("ladder: of very many only so many are told by name", "[ladder]") {
  std::vector<Principal> crowd;
  for (int i = 100; i < 200; ++i) crowd.push_back(person("p" + std::to_string(i)));
  TaskSpec spec(crowd);
  auto created = task_created();
  created.ladder = ladder();
  spec.when(task::Create{created});
  spec.run_until(minute(0));
  CHECK(spec.state().told.at(0).recipients.size() == task::most_recipients);
  CHECK(spec.state().told.at(0).others == 50);
}

TEST_CASE("ladder: a task that was reopened goes on where it was", "[ladder]") {
  TaskSpec spec = with_ladder();
  spec.run_until(minute(40));
  spec.when(task::Resolve{"approved", "", "dora", false});
  spec.at(minute(300)).when(task::Reopen{"taken back"});
  CHECK(spec.timers().at("ladder") == minute(370));
  spec.run_until(minute(370));
  CHECK(steps_taken(spec) == "created first soon");
}

TEST_CASE("ladder: the document shows who was told and what comes next", "[ladder]") {
  TaskSpec spec = with_ladder();
  const nlohmann::json doc = spec.view().doc;
  REQUIRE(doc["notified"].size() == 1);
  CHECK(doc["notified"][0]["step"] == "created");
  CHECK(doc["notified"][0]["to"] == nlohmann::json{"ada", "carl", "dora", "olga"});
  CHECK(doc["notified"][0]["channels"] == nlohmann::json{"in_app", "discord"});
  CHECK(doc["next_notification"]["step"] == "first");
  CHECK(doc["next_notification"]["at"] == format_time(minute(30)));
  spec.when(task::PauseClock{});
  CHECK_FALSE(spec.view().doc.contains("next_notification"));
  CHECK_FALSE(open_task().view().doc.contains("notified"));
}

/// Story time is a Monday, 9:00 UTC.
task::Created in_office() {
  Calendar office;
  office.days = {Weekday::monday, Weekday::tuesday};
  office.from_minute = 9 * 60;
  office.to_minute = 10 * 60;
  office.holidays = {to_millis(story_start) / 86'400'000 + 7};  // the Monday after
  auto created = task_created();
  created.calendar = std::make_shared<const Calendar>(office);
  return created;
}

TEST_CASE("calendar: SLA and ladder run in working hours alone", "[ladder]") {
  constexpr int day = 1440;
  TaskSpec spec = with_ladder(in_office());
  CHECK(spec.timers().at("sla_warning") == minute(60));       // the end of the first hour
  CHECK(spec.timers().at("sla_breach") == minute(day + 60));  // Tuesday, 10:00
  CHECK(spec.timers().at("ladder") == minute(30));
  spec.run_until(minute(day + 49));
  CHECK(steps_taken(spec) == "created first");
  spec.run_until(minute(day + 50));
  CHECK(steps_taken(spec) == "created first soon");
  // Two more working hours: Monday is a holiday, so Tuesday, and the Monday after that.
  spec.run_until(minute(14 * day + 59));
  CHECK(steps_taken(spec) == "created first soon breach");
  spec.run_until(minute(14 * day + 60));
  CHECK(steps_taken(spec) == "created first soon breach critical");
}

TEST_CASE("calendar: a pause counts as much as it took of the working hours", "[ladder]") {
  constexpr int day = 1440;
  TaskSpec spec = with_ladder(in_office());
  SECTION("outside of them it costs nothing") {
    spec.at(minute(300)).when(task::PauseClock{});
    spec.at(minute(600)).when(task::ResumeClock{});
    CHECK(spec.timers().at("sla_breach") == minute(day + 60));
  }
  SECTION("inside") {
    spec.at(minute(10)).when(task::PauseClock{});
    spec.at(minute(25)).when(task::ResumeClock{});
    CHECK(spec.timers().at("ladder") == minute(45));
    CHECK(spec.timers().at("sla_breach") == minute(8 * day + 15));
  }
  SECTION("over an end and a beginning") {
    spec.at(minute(50)).when(task::PauseClock{});
    spec.at(minute(day + 10)).when(task::ResumeClock{});
    CHECK(spec.timers().at("sla_warning") == minute(day + 20));
  }
}

}  // namespace
}  // namespace factory::test
