// Agents in the whole house: what they take, and what becomes of it when they go away.
#include "engine/audit.hpp"
#include "engine/rebuild.hpp"
#include "slices/agent/agent.hpp"
#include "tests/slices/pipeline/support.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/house.hpp"

namespace factory::test {
namespace {

const Principal owner = person("owner", Role::owner);

/// A house with the agent goose, registered and active, and its key.
class Farm {
 public:
  Farm() {
    house.add("goose", Role::agent);
    agent::Register command;
    command.profile.name = "goose";
    command.profile.kind = "ai_builder";
    REQUIRE(house.run(id, agent::Command{command}, agent("goose")));
    beat();
  }

  void beat(agent::Status status = agent::Status::active) {
    const auto renewal = house.core().agents().renew(id, status, house.clock().now(), "");
    if (renewal.sign == agent::Leases::Sign::renewed) return;
    const agent::Heartbeat heartbeat{status, renewal.lapsed};
    REQUIRE(house.run(id, agent::Command{heartbeat}, agent("goose")));
  }

  std::string pipeline() {
    const std::string pipe = house.fresh("pipe");
    REQUIRE(house.run(pipe, pipeline::Command{pipeline::Create{pipeline_created()}}, owner));
    return pipe;
  }

  /// A task that asks for a fix in a new pipeline.
  std::string fix(const std::string& pipe) {
    pipeline::Evidence evidence;
    evidence.notes = "It does not compile.";
    REQUIRE(house.run(pipe, pipeline::Command{pipeline::CompleteWork{"building", false, evidence}},
                      owner));
    return house.doc(pipe)["open_fixes"][0]["task_id"];
  }

  void wait(std::int64_t seconds) {
    house.clock().advance(Millis{seconds * 1000});
    while (house.core().fire_timers()) {
    }
  }

  nlohmann::json doc() { return house.doc(id); }
  std::string last_event() {
    storage::EventQuery query;
    query.stream = id;
    query.descending = true;
    query.limit = 1;
    return house.core().store().read_events(query).events.at(0).type;
  }

  House house;
  std::string id = "agent_goose";
};

void require_sound(House& house) {
  house.core().seal();
  const auto audit =
      engine::verify_store(house.core().store(), house.core().seal_key().public_hex());
  CAPTURE(audit.problems);
  CHECK(audit.sound());
  const auto views = engine::check_views(house.core().store(), all_slices());
  CAPTURE(views.differences);
  CHECK(views.differences.empty());
}

pipeline::Command take(const char* stage) { return pipeline::TakeWork{stage}; }

}  // namespace

TEST_CASE("agent: heartbeats keep it online and write nothing", "[agent]") {
  Farm farm;
  const auto before = farm.house.core().store().last_position();
  for (int i = 0; i < 20; ++i) {
    farm.wait(30);
    farm.beat();
  }
  CHECK(farm.house.core().store().last_position() == before);
  CHECK(farm.doc()["status"] == "active");
  farm.wait(61);
  CHECK(farm.doc()["status"] == "offline");
  CHECK(farm.house.core().store().last_position() == before + 1);
  require_sound(farm.house);
}

TEST_CASE("agent: one that goes away frees its task and its stage in one commit", "[agent]") {
  Farm farm;
  const std::string first = farm.pipeline();
  const std::string task = farm.fix(first);
  const std::string second = farm.pipeline();
  REQUIRE(farm.house.run(task, task::Command{task::Claim{}}, agent("goose")));
  REQUIRE(farm.house.run(second, take("building"), agent("goose")));
  CHECK(farm.doc()["holding"].size() == 2);
  CHECK(farm.house.doc(task)["claimed_by"] == "goose");
  CHECK_FALSE(farm.house.run(second, take("building"), agent("codex")));

  farm.wait(61);
  CHECK(farm.doc()["status"] == "offline");
  CHECK(farm.doc()["released"].size() == 2);
  CHECK(farm.doc()["holding"].empty());
  CHECK_FALSE(farm.house.doc(task).contains("claimed_by"));
  CHECK(farm.house.doc(task)["taken_from"]["id"] == "goose");
  CHECK(farm.house.doc(task)["taken_from"]["reason"] == "agent_offline");
  REQUIRE(farm.house.run(second, take("building"), agent("codex")));
  require_sound(farm.house);
}

TEST_CASE("agent: leases survive a restart, and what ran out meanwhile does after one more",
          "[agent]") {
  Farm farm;
  const std::string task = farm.fix(farm.pipeline());
  REQUIRE(farm.house.run(task, task::Command{task::Claim{}}, agent("goose")));
  farm.house.reopen();
  farm.wait(50);
  CHECK(farm.doc()["status"] == "active");
  farm.beat();
  farm.house.clock().advance(Millis{3600'000});  // the server was down
  farm.house.reopen();
  farm.wait(0);
  CHECK(farm.doc()["status"] == "active");  // a whole lease from the start
  farm.wait(59);
  CHECK(farm.house.doc(task)["claimed_by"] == "goose");
  farm.wait(1);
  CHECK(farm.doc()["status"] == "offline");
  CHECK_FALSE(farm.house.doc(task).contains("claimed_by"));
  require_sound(farm.house);
}

TEST_CASE("agent: a heartbeat that comes too late finds the work gone", "[agent]") {
  Farm farm;
  const std::string task = farm.fix(farm.pipeline());
  REQUIRE(farm.house.run(task, task::Command{task::Claim{}}, agent("goose")));
  farm.house.clock().advance(Millis{61'000});  // the timer has not fired yet
  farm.beat();
  CHECK(farm.doc()["status"] == "active");
  CHECK(farm.doc()["holding"].empty());
  CHECK_FALSE(farm.house.doc(task).contains("claimed_by"));
  farm.wait(0);
  CHECK(farm.doc()["status"] == "active");
  farm.wait(60);
  CHECK(farm.doc()["status"] == "offline");
  require_sound(farm.house);
}

TEST_CASE("agent: work that ends is its no more, and is counted", "[agent]") {
  Farm farm;
  const std::string pipe = farm.pipeline();
  const auto report = [&](const char* stage, bool succeeded, const pipeline::Evidence& evidence) {
    return farm.house.run(pipe,
                          pipeline::Command{pipeline::CompleteWork{stage, succeeded, evidence}},
                          agent("goose"));
  };
  REQUIRE(farm.house.run(pipe, take("building"), agent("goose")));
  pipeline::Evidence broken;
  broken.notes = "It does not compile.";
  REQUIRE(report("building", false, broken));
  CHECK(farm.doc()["holding"].empty());
  const std::string task = farm.house.doc(pipe)["open_fixes"][0]["task_id"];
  // While a fix is asked for, that is the work that waits.
  CHECK_FALSE(farm.house.run(pipe, take("building"), agent("goose")));
  REQUIRE(farm.house.run(task, task::Command{task::Claim{true}}, agent("goose")));
  CHECK(farm.doc()["current_task"] == task);
  REQUIRE(report("building", true, built()));
  CHECK(farm.doc()["holding"].empty());
  const auto look = farm.house.core().agents().look(farm.id, farm.house.clock().now());
  CHECK(look.ended.done == 1);
  CHECK(look.ended.failed == 1);

  REQUIRE(farm.house.run(pipe, take("testing"), agent("goose")));
  REQUIRE(farm.house.run(pipe, pipeline::Command{pipeline::Archive{""}}, owner));
  CHECK(farm.doc()["holding"].empty());
  CHECK(farm.last_event() == "agent.work_ended");
  require_sound(farm.house);
}

TEST_CASE("agent: a claim brings it online, and deregistering frees what it holds", "[agent]") {
  Farm farm;
  const std::string task = farm.fix(farm.pipeline());
  farm.wait(61);
  REQUIRE(farm.house.run(task, task::Command{task::Claim{}}, agent("goose")));
  CHECK(farm.doc()["status"] == "active");
  REQUIRE(farm.house.run(farm.id, agent::Command{agent::Deregister{"retired"}}, owner));
  CHECK(farm.doc()["status"] == "deregistered");
  CHECK(farm.house.doc(task)["taken_from"]["reason"] == "agent_deregistered");
  farm.wait(600);
  CHECK(farm.last_event() == "agent.deregistered");
  agent::Register again;
  again.profile.name = "goose";
  again.profile.kind = "deployer";
  REQUIRE(farm.house.run(farm.id, agent::Command{again}, agent("goose")));
  CHECK(farm.doc()["type"] == "deployer");
  require_sound(farm.house);
}

TEST_CASE("agent: agents that are not registered leave nothing behind", "[agent]") {
  Farm farm;
  const std::string task = farm.fix(farm.pipeline());
  REQUIRE(farm.house.run(task, task::Command{task::Claim{}}, agent("codex")));
  CHECK(farm.house.doc("agent_codex").is_null());
  require_sound(farm.house);
}

}  // namespace factory::test
