#include "slices/agent/agent.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/spec.hpp"

namespace factory::test {
namespace {

using AgentSpec = Spec<agent::Definition>;
using Status = agent::Status;

Principal admin() { return person("adam", Role::admin); }
const Principal goose = {ActorType::agent, "goose", "mcp", Role::agent, {}};

agent::Register registration(std::string name = "goose") {
  agent::Register command;
  command.profile.name = std::move(name);
  command.profile.kind = "ai_builder";
  command.profile.lease_ttl_seconds = 60;
  return command;
}

agent::TakeUp taking(const std::string& id, const std::string& kind = "fix_required") {
  agent::TakeUp command;
  command.item = {id, kind, "pipe_1", "weather", "testing", "Mend it", {}};
  return command;
}

AgentSpec in(Status status) {
  AgentSpec spec({admin(), person("alice"), goose});
  spec.as(goose);
  if (status == Status::none) return spec;
  spec.when(registration());
  if (status == Status::offline) return spec;
  if (status == Status::deregistered) {
    spec.as(admin()).when(agent::Deregister{"old"});
    return spec;
  }
  spec.when(agent::Heartbeat{status, std::nullopt});
  return spec;
}

std::string asked(Status status, const agent::Command& command, const Principal& who) {
  AgentSpec spec = in(status);
  return spec.as(who).ask(command).brief();
}

}  // namespace

TEST_CASE("agent: what every command says in every status", "[agent]") {
  const std::string no = "refused: not_found";
  const std::string conflict = "refused: conflict";
  const std::string changed = "agent.status_changed";
  struct Row {
    const char* name;
    agent::Command command;
    Principal who;
    std::vector<std::string> answers;  ///< none, offline, idle, active, error, deregistered
  };
  const std::vector<Row> rows{
      {"register",
       registration(),
       goose,
       {"agent.registered", conflict, conflict, conflict, conflict, "agent.registered"}},
      {"update",
       agent::Update{{"deployer", {}, {}, {}, "", {}}},
       admin(),
       {no, "agent.updated", "agent.updated", "agent.updated", "agent.updated", conflict}},
      {"deregister",
       agent::Deregister{},
       admin(),
       {no, "agent.deregistered", "agent.deregistered", "agent.deregistered", "agent.deregistered",
        "nothing"}},
      {"heartbeat",
       agent::Heartbeat{Status::active, std::nullopt},
       goose,
       {no, changed, changed, "nothing", changed, conflict}},
      {"late heartbeat",
       agent::Heartbeat{Status::active, story_start},
       goose,
       {no, changed, changed + " " + changed, changed + " " + changed, changed + " " + changed,
        conflict}},
      {"lease ran out",
       agent::LeaseDue{},
       Principal{},
       {"nothing", "nothing", changed, changed, changed, "nothing"}},
      {"lease stands",
       agent::LeaseDue{minute(5), minute(5)},
       Principal{},
       {"nothing", "nothing", "nothing", "nothing", "nothing", "nothing"}},
      {"take up",
       taking("task_1"),
       goose,
       {"nothing", changed + " agent.work_taken", "agent.work_taken", "agent.work_taken",
        "agent.work_taken", "nothing"}},
      {"end",
       agent::End{"task_1", "done"},
       goose,
       {"nothing", "nothing", "nothing", "nothing", "nothing", "nothing"}},
  };
  for (const Row& row : rows) {
    for (int status = 0; status < 6; ++status) {
      CAPTURE(row.name, status);
      CHECK(asked(static_cast<Status>(status), row.command, row.who) ==
            row.answers.at(static_cast<std::size_t>(status)));
    }
  }
}

TEST_CASE("agent: only itself or who manages agents speaks for it", "[agent]") {
  const Principal other{ActorType::agent, "codex", "mcp", Role::agent, {}};
  const agent::Heartbeat beat{Status::active, std::nullopt};
  CHECK(asked(Status::offline, beat, goose) == "agent.status_changed");
  CHECK(asked(Status::offline, beat, admin()) == "agent.status_changed");
  CHECK(asked(Status::offline, beat, other) == "refused: forbidden");
  CHECK(asked(Status::offline, beat, person("goose")) == "refused: forbidden");
  Principal limited = admin();
  limited.scopes = {"agents:work"};
  CHECK(asked(Status::offline, beat, limited) == "refused: forbidden");
  limited.scopes = {"agents:work", "agents:manage"};
  CHECK(asked(Status::offline, beat, limited) == "agent.status_changed");
  CHECK(asked(Status::none, registration("codex"), goose) == "refused: forbidden");
  CHECK(asked(Status::none, registration("codex"), admin()) == "agent.registered");
  CHECK(asked(Status::none, registration("alice"), admin()) == "refused: conflict");
  CHECK(asked(Status::active, agent::Deregister{}, goose) == "refused: forbidden");
  CHECK(asked(Status::active, agent::Update{{"x", {}, {}, {}, "", {}}}, goose) ==
        "refused: forbidden");
}

TEST_CASE("agent: what is registered has a form", "[agent]") {
  const auto refused = [](agent::Register command) {
    return asked(Status::none, command, admin());
  };
  for (const std::string bad : {"", "a b", "a/b", "me", "system", "a\n"}) {
    INFO(bad);
    CHECK(refused(registration(bad)) == "refused: invalid_request");
  }
  agent::Register command = registration();
  command.profile.lease_ttl_seconds = 4;
  CHECK(refused(command) == "refused: invalid_request");
  command.profile.lease_ttl_seconds = 3600;
  CHECK(refused(command) == "agent.registered");
  command.profile.capabilities = {"testing", "testing"};
  CHECK(refused(command) == "refused: invalid_request");
  command.profile.capabilities = {"two words"};
  CHECK(refused(command) == "refused: invalid_request");
}

TEST_CASE("agent: a lease that runs out takes what it holds away, and says so", "[agent]") {
  AgentSpec spec = in(Status::active);
  spec.when(taking("task_1"));
  spec.when(taking("pipe_1", "stage_work"));
  CHECK(spec.view().doc["current_task"] == "pipe_1");
  CHECK(spec.view().doc["pipeline"] == "weather");
  CHECK(spec.view().doc["holding"].size() == 2);
  CHECK(spec.run_until(minute(10)) == "agent.status_changed");
  CHECK(spec.state().status == Status::offline);
  CHECK(spec.state().holding.empty());
  REQUIRE(spec.state().lost.size() == 2);
  CHECK(spec.view().doc["released"][0]["id"] == "task_1");
  CHECK(spec.view().doc["current_task"].is_null());
  spec.as(goose).when(agent::Heartbeat{Status::idle, std::nullopt});
  CHECK(spec.state().lost.empty());
  CHECK_FALSE(spec.view().doc.contains("released"));
}

TEST_CASE("agent: the timer is armed while it is online and follows the lease", "[agent]") {
  AgentSpec spec = in(Status::none);
  spec.when(registration());
  const auto due = [](const auto& outcome) {
    REQUIRE(outcome.timers.size() == 1);
    return outcome.timers[0].due;
  };
  CHECK(due(spec.when(agent::Heartbeat{Status::active, std::nullopt})) == minute(1));
  CHECK(spec.ask(agent::Heartbeat{Status::idle, std::nullopt}).timers.empty());
  CHECK(due(spec.when(agent::LeaseDue{minute(3), minute(3)})) == minute(3));
  CHECK_FALSE(due(spec.ask(agent::LeaseDue{})).has_value());
  // It came back after whoever looked had seen the lease run out.
  spec.at(minute(4)).when(agent::Heartbeat{Status::active, story_start});
  const auto stale = spec.ask(agent::LeaseDue{std::nullopt, minute(3)});
  CHECK(stale.brief() == "nothing");
  CHECK(due(stale) == minute(5));
  // So did another thread of its own: what the agent took since is not taken from it.
  spec.when(taking("task_1"));
  CHECK(spec.ask(agent::Heartbeat{Status::active, story_start}).brief() == "nothing");
}

TEST_CASE("agent: what ended in 24 hours is counted from the events", "[agent]") {
  AgentSpec spec = in(Status::active);
  const auto end = [&](const std::string& id, const char* outcome, std::int64_t at) {
    spec.at(minute(at)).when(taking(id));
    return spec.when(agent::End{id, outcome}).brief();
  };
  CHECK(end("task_1", "done", 1) == "agent.work_ended");
  CHECK(end("task_2", "failed", 2) == "agent.work_ended");
  CHECK(end("task_3", "released", 3) == "agent.work_ended");
  CHECK(end("task_4", "done", 60) == "agent.work_ended");
  const auto at = [&](std::int64_t now) {
    return agent::ended_in_a_day(spec.state(), minute(now));
  };
  CHECK(at(60).done == 2);
  CHECK(at(60).failed == 1);
  CHECK(at(24 * 60 + 2).done == 1);
  CHECK(at(24 * 60 + 1).failed == 1);
  CHECK(at(24 * 60 + 2).failed == 0);
  CHECK(at(26 * 60).done == 0);
}

}  // namespace factory::test
