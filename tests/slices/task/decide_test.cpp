#include <functional>

#include "tests/slices/task/support.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {
namespace {

using task::Type;

/// A task in one of its statuses; open ones of type review, with carl as the claimer.
TaskSpec in_status(task::Status status) {
  if (status == task::Status::none) return TaskSpec(staff());
  TaskSpec spec = open_task();
  switch (status) {
    case task::Status::none:
    case task::Status::pending: break;
    case task::Status::claimed: spec.given(task::Claimed{"carl", story_start}); break;
    case task::Status::in_progress:
      spec.given(task::Claimed{"carl", story_start}).given(task::Started{"carl", story_start});
      break;
    case task::Status::escalated:
      spec.given(task::Escalated{1, "", "too long", true, story_start, ""});
      break;
    case task::Status::completed:
      spec.given(task::Completed{"approved", "fine", {}, "carl", story_start});
      break;
    case task::Status::expired:
      spec.given(task::Expired{"rejected", "too late", story_start});
      break;
    case task::Status::cancelled: spec.given(task::Cancelled{"archived", story_start}); break;
  }
  return spec;
}

/// In the order of the columns below.
constexpr std::array<task::Status, 8> statuses{task::Status::none,      task::Status::pending,
                                               task::Status::claimed,   task::Status::in_progress,
                                               task::Status::escalated, task::Status::completed,
                                               task::Status::expired,   task::Status::cancelled};

struct Row {
  std::string name;
  task::Command command;
  std::array<std::string, 8> brief;  ///< by status; asked by carl
};

const std::string no = "refused: not_found";
const std::string taken = "refused: conflict";
const std::string decided = "refused: already_decided";
const std::string nothing = "nothing";

/// The same in every open status; the closed ones are what they are.
Row open_row(std::string name, task::Command command, const std::string& brief) {
  return {std::move(name),
          std::move(command),
          {no, brief, brief, brief, brief, decided, decided, taken}};
}

/// From inside the house: a closed task stays as it is.
Row inside_row(std::string name, task::Command command, const std::string& brief) {
  return {std::move(name),
          std::move(command),
          {no, brief, brief, brief, brief, nothing, nothing, nothing}};
}

std::vector<Row> rows() {
  const std::string claimed = "task.claimed";
  const std::string released = "task.released";
  return {
      {"create",
       task::Create{task_created()},
       {"task.created", taken, taken, taken, taken, taken, taken, taken}},
      {"claim", task::Claim{}, {no, claimed, nothing, nothing, claimed, decided, decided, taken}},
      {"start",
       task::Start{},
       {no, claimed + " task.started", "task.started", nothing, claimed + " task.started", decided,
        decided, taken}},
      {"release",
       task::Release{},
       {no, nothing, released, released, nothing, decided, decided, taken}},
      {"give back",
       task::GiveBack{"carl", "agent_offline"},
       {no, nothing, released, released, nothing, nothing, nothing, nothing}},
      open_row("reassign", task::Reassign{"dora", ""}, "task.reassigned"),
      open_row("defer", task::Defer{minute(60), "later"}, "task.deferred"),
      open_row("set priority", task::SetPriority{Priority::high, "", false},
               "task.priority_changed"),
      open_row("set the same priority", task::SetPriority{Priority::medium, "", false}, nothing),
      inside_row("priority follows", task::SetPriority{Priority::high, "", true},
                 "task.priority_changed"),
      {"complete as approved",
       task::Complete{"approved", "", {}},
       {no, "task.completed", "task.completed", "task.completed", "task.completed", nothing,
        decided, taken}},
      open_row("complete as rejected", task::Complete{"rejected", "", {}}, "task.completed"),
      inside_row("resolve", task::Resolve{"approved", "", "dora", false}, "task.completed"),
      inside_row("expire", task::Resolve{"approved", "", "system", true}, "task.expired"),
      {"reopen",
       task::Reopen{"rescinded"},
       {no, nothing, nothing, nothing, nothing, "task.reopened", decided, taken}},
      inside_row("cancel", task::Cancel{"archived"}, "task.cancelled"),
      inside_row("escalate", task::Escalate{"", ""}, "task.escalated"),
      inside_row("pause", task::PauseClock{}, "task.clock_paused"),
      inside_row("resume", task::ResumeClock{}, nothing),
      {"timer",
       task::TimerFired{"sla_breach"},
       {nothing, nothing, nothing, nothing, nothing, nothing, nothing, nothing}},
  };
}

TEST_CASE("every command answers for every status of a task") {
  for (const Row& row : rows()) {
    for (std::size_t i = 0; i < statuses.size(); ++i) {
      TaskSpec spec = in_status(statuses[i]);
      INFO(row.name << " when " << name_of(statuses[i]));
      CHECK(spec.as(person("carl")).ask(row.command).brief() == row.brief[i]);
    }
  }
}

TEST_CASE("a claim has one winner") {
  TaskSpec spec = open_task();
  CHECK(spec.as(person("carl")).when(task::Claim{}).brief() == "task.claimed");
  CHECK(spec.as(person("carl")).when(task::Claim{}).brief() == "nothing");
  const auto second = spec.as(person("dora")).when(task::Claim{});
  REQUIRE(second.brief() == "refused: conflict");
  CHECK(second.error->data.at("claimed_by") == "carl");
  CHECK(second.error->data.at("claimed_at") == format_time(story_start));
  CHECK(spec.state().claimed_by == "carl");
}

TEST_CASE("who has claimed a task begins with it, and nobody else") {
  TaskSpec spec = open_task();
  spec.as(person("carl")).at(minute(1)).when(task::Claim{});
  const auto other = spec.as(person("dora")).ask(task::Start{});
  REQUIRE(other.brief() == "refused: conflict");
  CHECK(other.error->data.at("claimed_by") == "carl");
  CHECK(spec.as(person("carl")).at(minute(2)).when(task::Start{}).brief() == "task.started");
  CHECK(spec.as(person("dora")).ask(task::Start{}).brief() == "refused: conflict");
  CHECK(spec.state().status == task::Status::in_progress);
  CHECK(spec.state().started_at == minute(2));
  CHECK(spec.state().claimed_at == minute(1));
}

TEST_CASE("a task that was begun goes back to the queue as a claimed one does") {
  TaskSpec spec = open_task(Type::fix_required);
  spec.as(agent("bot")).when(task::Start{});
  SECTION("released") { spec.when(task::Release{}); }
  SECTION("released by an admin") { spec.as(person("ada", Role::admin)).when(task::Release{}); }
  SECTION("given back") { spec.when(task::GiveBack{"bot", "agent_offline"}); }
  SECTION("reassigned") { spec.as(person("carl")).when(task::Reassign{"dora", "knows it"}); }
  CHECK(spec.state().status == task::Status::pending);
  CHECK(spec.state().claimed_by.empty());
  CHECK_FALSE(spec.state().started_at);
}

TEST_CASE("a task that was begun stays so for who is given it") {
  TaskSpec spec = open_task();
  spec.as(person("carl")).when(task::Start{});
  spec.as(person("ada", Role::admin)).when(task::Reassign{"carl", "it is yours"});
  CHECK(spec.state().status == task::Status::in_progress);
}

TEST_CASE("only who claimed a task or an admin releases it") {
  TaskSpec spec = open_task();
  spec.as(person("carl")).when(task::Claim{});
  CHECK(spec.as(person("dora")).when(task::Release{}).brief() == "refused: forbidden");
  SECTION("the claimer") { spec.as(person("carl")); }
  SECTION("an admin") { spec.as(person("ada", Role::admin)); }
  CHECK(spec.when(task::Release{}).brief() == "task.released");
  CHECK(spec.state().status == task::Status::pending);
  CHECK(spec.state().claimed_by.empty());
}

TEST_CASE("a released task goes back to who it was given to, and to the admins if it was theirs") {
  TaskSpec spec = open_task();
  spec.as(person("ada", Role::admin)).when(task::Reassign{"dora", "knows it"});
  spec.when(task::Escalate{"", "urgent"});
  spec.as(person("carl")).when(task::Claim{});
  CHECK(spec.state().holder() == "carl");
  spec.when(task::Release{});
  CHECK(spec.state().holder() == "dora");
  CHECK(spec.state().status == task::Status::escalated);
}

TEST_CASE("who may claim, begin with and put off which type of task") {
  struct Case {
    Principal who;
    std::array<std::string, 5> claims;  ///< approval, review, decision, manual_action, fix_required
  };
  const std::string yes = "task.claimed";
  const std::string never = "refused: forbidden";
  const std::vector<Case> cases{
      {person("ada", Role::admin), {yes, yes, yes, yes, yes}},
      {person("carl"), {yes, yes, yes, yes, yes}},
      {agent("bot"), {never, never, never, yes, yes}},
      {person("vera", Role::viewer), {never, never, never, never, never}},
  };
  const auto as_claim = [&](const std::string& claim, const std::string& brief) {
    return claim == yes ? brief : claim;
  };
  for (const Case& one : cases) {
    for (std::size_t kind = 0; kind < one.claims.size(); ++kind) {
      INFO(one.who.id << ", " << name_of(static_cast<Type>(kind)));
      const std::string& claim = one.claims[kind];
      TaskSpec spec = open_task(static_cast<Type>(kind));
      spec.as(one.who);
      CHECK(spec.ask(task::Claim{}).brief() == claim);
      CHECK(spec.ask(task::Start{}).brief() == as_claim(claim, "task.claimed task.started"));
      CHECK(spec.ask(task::Defer{minute(9), "later"}).brief() == as_claim(claim, "task.deferred"));
    }
  }
}

TEST_CASE("how each type of task can end") {
  struct Case {
    std::string decision;
    std::array<std::string, 5> persons, agents;
  };
  const std::string yes = "task.completed";
  const std::string wrong = "refused: unprocessable";
  const std::string never = "refused: forbidden";
  const std::vector<Case> cases{
      {"approved", {wrong, yes, yes, yes, wrong}, {never, never, never, yes, wrong}},
      {"rejected", {wrong, yes, yes, yes, wrong}, {never, never, never, yes, wrong}},
      {"done", {wrong, wrong, wrong, yes, yes}, {never, never, never, yes, yes}},
      {"maybe", {wrong, wrong, wrong, wrong, wrong}, {never, never, never, wrong, wrong}},
  };
  for (const Case& one : cases) {
    for (std::size_t kind = 0; kind < one.persons.size(); ++kind) {
      INFO(one.decision << ", " << name_of(static_cast<Type>(kind)));
      TaskSpec spec = open_task(static_cast<Type>(kind));
      const task::Complete complete{one.decision, "", {}};
      CHECK(spec.as(person("carl")).ask(complete).brief() == one.persons[kind]);
      CHECK(spec.as(agent("bot")).ask(complete).brief() == one.agents[kind]);
    }
  }
}

TEST_CASE("a claimed task is completed by its claimer, its assignee or an admin") {
  TaskSpec spec = open_task();
  spec.as(person("ada", Role::admin)).when(task::Reassign{"dora", ""});
  spec.as(person("carl")).when(task::Claim{});
  const task::Complete complete{"approved", "", {}};
  spec.people(staff());
  const auto third = spec.as(person("emil")).ask(complete);
  REQUIRE(third.brief() == "refused: conflict");
  CHECK(third.error->data.at("claimed_by") == "carl");
  CHECK(spec.as(person("carl")).ask(complete).brief() == "task.completed");
  CHECK(spec.as(person("dora")).ask(complete).brief() == "task.completed");
  CHECK(spec.as(person("ada", Role::admin)).ask(complete).brief() == "task.completed");
}

TEST_CASE("a second decision gets the first one's name, and the same one changes nothing") {
  TaskSpec spec = open_task();
  const auto first = spec.as(person("carl")).when(task::Complete{"approved", "good", {}});
  CHECK(first.announced() == "task.completed");
  spec.at(minute(3));
  CHECK(spec.when(task::Complete{"approved", "again", {}}).brief() == "nothing");
  for (const auto& [who, decision] :
       {std::pair{"dora", "approved"}, {"dora", "rejected"}, {"carl", "rejected"}}) {
    const auto second = spec.as(person(who)).when(task::Complete{decision, "", {}});
    REQUIRE(second.brief() == "refused: already_decided");
    CHECK(second.error->data.at("decided_by") == "carl");
    CHECK(second.error->data.at("decided_at") == format_time(story_start));
    CHECK(second.error->data.at("outcome") == "approved");
  }
  CHECK(spec.state().completion->notes == "good");
}

TEST_CASE("who can be given which task, and by whom") {
  const auto give = [](Type kind, Principal by, const std::string& to) {
    return open_task(kind).as(std::move(by)).ask(task::Reassign{to, "because"}).brief();
  };
  const std::string wrong = "refused: unprocessable";
  CHECK(give(Type::approval, person("carl"), "dora") == "task.reassigned");
  CHECK(give(Type::approval, person("carl"), "nobody") == wrong);
  CHECK(give(Type::approval, person("carl"), "bot") == wrong);
  CHECK(give(Type::review, person("carl"), "bot") == wrong);
  CHECK(give(Type::decision, person("carl"), "bot") == wrong);
  CHECK(give(Type::fix_required, person("carl"), "bot") == "task.reassigned");
  CHECK(give(Type::manual_action, person("carl"), "bot") == "task.reassigned");
  CHECK(give(Type::manual_action, person("carl"), "vera") == wrong);
  CHECK(give(Type::fix_required, agent("bot"), "carl") == "refused: forbidden");
  CHECK(give(Type::fix_required, person("vera", Role::viewer), "carl") == "refused: forbidden");
}

TEST_CASE("reassigning ends a claim of another and says whose it was") {
  TaskSpec spec = open_task();
  spec.as(person("carl")).when(task::Claim{});
  const auto moved = spec.as(person("dora")).when(task::Reassign{"dora", "holiday"});
  CHECK(moved.first<task::Reassigned>().from == "carl");
  CHECK(moved.first<task::Reassigned>().by == "dora");
  CHECK(spec.state().status == task::Status::pending);
  CHECK(spec.when(task::Reassign{"dora", "holiday"}).brief() == "nothing");
  CHECK(spec.when(task::Reassign{"", "nobody's"}).brief() == "task.reassigned");
  CHECK(spec.state().holder().empty());
}

TEST_CASE("an approval task points to its gate") {
  const auto outcome =
      open_task(Type::approval).as(person("carl")).ask(task::Complete{"approved", "", {}});
  CHECK_THAT(outcome.error->hint, contains("gate_1"));
}

TEST_CASE("what a gate resolves is recorded under who decided there") {
  TaskSpec spec = open_task(Type::approval);
  const auto outcome = spec.as(person("carl")).when(task::Resolve{"approved", "ok", "dora", false});
  CHECK(outcome.first<task::Completed>().by == "dora");
  CHECK(outcome.announced() == "task.completed");
}

TEST_CASE("a task whose gate's deadline decided expires with that decision") {
  TaskSpec spec = open_task(Type::approval);
  spec.as(person("carl")).when(task::Start{});
  const auto outcome =
      spec.as({}).at(minute(7)).when(task::Resolve{"rejected", "nobody came", "system", true});
  CHECK(outcome.brief() == "task.expired");
  CHECK(outcome.announced() == "task.expired");
  CHECK(spec.state().status == task::Status::expired);
  CHECK(spec.timers().empty());
  const auto late = spec.as(person("carl")).ask(task::Claim{});
  REQUIRE(late.brief() == "refused: already_decided");
  CHECK(late.error->data.at("decided_by") == "system");
  CHECK(late.error->data.at("outcome") == "rejected");
  CHECK_THAT(late.detail(), contains("its deadline decided rejected"));
}

TEST_CASE("an escalation names its level and may name a person") {
  TaskSpec spec = open_task();
  CHECK(spec.when(task::Escalate{"", "slow"}).first<task::Escalated>().level == 1);
  CHECK(spec.state().status == task::Status::escalated);
  const auto second = spec.when(task::Escalate{"dora", "slower"});
  CHECK(second.first<task::Escalated>().level == 2);
  CHECK(second.announced() == "task.escalated");
  CHECK(spec.state().holder() == "dora");
  spec.as(person("carl")).when(task::Claim{});
  spec.when(task::Escalate{"", "slowest"});
  CHECK(spec.state().status == task::Status::claimed);
}

}  // namespace
}  // namespace factory::test
