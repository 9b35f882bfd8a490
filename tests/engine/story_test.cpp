#include <future>
#include <sstream>

#include "engine/audit.hpp"
#include "engine/rebuild.hpp"
#include "engine/timers.hpp"
#include "tests/slices/pipeline/support.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/house.hpp"

namespace factory::test {
namespace {

const Principal owner = person("owner", Role::owner);
const Principal goose = agent("goose");

/// A pipeline of the small plan, in the stage review, where it waits for an approval.
std::string pipeline_at_review(House& house) {
  const std::string id = house.fresh("pipe");
  pipeline::Created created = pipeline_created();
  Plan plan = small_plan();
  plan.sla = {Sla{30, 60, 120}, Sla{30, 60, 120}, Sla{30, 60, 120}, Sla{30, 60, 120}};
  created.plan = std::make_shared<const Plan>(std::move(plan));
  REQUIRE(house.run(id, pipeline::Command{pipeline::Create{created}}, owner));
  REQUIRE(
      house.run(id, pipeline::Command{pipeline::CompleteWork{"building", true, built()}}, goose));
  REQUIRE(
      house.run(id, pipeline::Command{pipeline::CompleteWork{"testing", true, tested()}}, goose));
  return id;
}

std::string waiting_gate(House& house, const std::string& pipeline) {
  return house.doc(pipeline)["waiting_for"]["approval_id"];
}

std::string waiting_task(House& house, const std::string& pipeline) {
  return house.doc(pipeline)["waiting_for"]["task_id"];
}

gate::Command approve() { return gate::Vote{}; }

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

TEST_CASE("story: an approval and all that follows from it is one commit", "[engine]") {
  House house;
  house.add("alice", Role::operator_);
  const std::string pipeline = pipeline_at_review(house);
  const std::string gate = waiting_gate(house, pipeline);
  const std::string task = waiting_task(house, pipeline);
  CHECK(house.doc(gate)["status"] == "pending");
  CHECK(house.doc(task)["status"] == "pending");

  const auto reply = house.run(gate, approve(), person("alice"));
  REQUIRE(reply);
  CHECK(house.doc(gate)["status"] == "approved");
  CHECK(house.doc(task)["status"] == "completed");
  CHECK(house.doc(pipeline)["current_stage"] == "staging");
  require_sound(house);
}

TEST_CASE("story: of many approvals at once one decides, the others learn who did", "[engine]") {
  House house;
  std::vector<Principal> people;
  for (int i = 0; i < 32; ++i) {
    people.push_back(person("person" + std::to_string(i)));
    house.add(people.back().id, Role::operator_);
  }
  const std::string gate = waiting_gate(house, pipeline_at_review(house));
  std::vector<std::future<Result<engine::Reply>>> answers;
  for (const Principal& who : people) {
    engine::Call call;
    call.command = {gate, approve()};
    call.actor = who;
    answers.push_back(house.core().runner().submit(std::move(call)));
  }
  int decided = 0;
  for (auto& answer : answers) {
    const auto result = answer.get();
    if (result) {
      ++decided;
      continue;
    }
    CHECK(result.error().code == ErrorCode::already_decided);
    CHECK(result.error().data.at("decided_by").substr(0, 6) == "person");
  }
  CHECK(decided == 1);
  CHECK(house.doc(gate)["votes"].size() == 1);
}

TEST_CASE("story: a key used twice gives the same answer once done, another request is refused",
          "[engine]") {
  House house;
  house.add("alice", Role::operator_);
  const std::string pipeline = pipeline_at_review(house);
  const std::string gate = waiting_gate(house, pipeline);
  const auto first = house.run(gate, approve(), person("alice"), "key-1", "approve");
  const auto again = house.run(gate, approve(), person("alice"), "key-1", "approve");
  REQUIRE(first);
  REQUIRE(again);
  CHECK(again->replayed);
  CHECK(again->body == first->body);
  const auto other = house.run(gate, approve(), person("alice"), "key-1", "reject");
  REQUIRE_FALSE(other);
  CHECK(other.error().code == ErrorCode::unprocessable);
  house.reopen();
  CHECK(house.run(gate, approve(), person("alice"), "key-1", "approve")->body == first->body);
}

TEST_CASE("story: a refused command spoils nobody in its batch", "[engine]") {
  House house;
  std::vector<std::future<Result<engine::Reply>>> answers;
  std::vector<std::string> streams;
  for (int i = 0; i < 60; ++i) {
    engine::Call call;
    streams.push_back(house.fresh("pipe"));
    call.command.stream = streams.back();
    call.command.command = i % 3 == 0 ? pipeline::Command{pipeline::Pause{"there is none"}}
                                      : pipeline::Command{pipeline::Create{pipeline_created()}};
    if (i % 3 == 1) call.command.command = gate::Command{approve()};  // of another slice: breaks
    call.actor = owner;
    answers.push_back(house.core().runner().submit(std::move(call)));
  }
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const auto answer = answers[i].get();
    CAPTURE(i);
    CHECK(answer.ok() == (i % 3 == 2));
    CHECK(house.doc(streams[i]).is_null() == (i % 3 != 2));
  }
  require_sound(house);
}

TEST_CASE("story: what was not flushed is not there, what was answered is", "[engine]") {
  House house;
  house.add("alice", Role::operator_);
  const std::string pipeline = pipeline_at_review(house);
  house.reopen();
  CHECK(house.doc(pipeline)["current_stage"] == "review");
  REQUIRE(house.run(waiting_gate(house, pipeline), approve(), person("alice")));
  house.reopen();
  CHECK(house.doc(pipeline)["current_stage"] == "staging");
  require_sound(house);
}

TEST_CASE("story: timers fire after a restart, once each, and stop with the decision", "[engine]") {
  House house;
  house.add("alice", Role::operator_);
  const std::string pipeline = pipeline_at_review(house);
  const std::string task = waiting_task(house, pipeline);
  const auto fire = [&] {
    return engine::fire_timers(house.core().runner(), house.core().store(), house.clock(),
                               all_slices());
  };
  CHECK(fire() == 1);  // who can decide is told
  CHECK(fire() == 0);
  house.clock().advance(Millis{61 * 60'000});
  house.reopen();
  CHECK(fire() == 3);  // warning and breach came due while nothing ran, and are told of
  CHECK(house.doc(task)["sla_breached"] == true);
  CHECK(fire() == 0);
  REQUIRE(house.run(waiting_gate(house, pipeline), approve(), person("alice")));
  house.clock().advance(Millis{24 * 3'600'000});
  CHECK(fire() == 0);
  CHECK_FALSE(house.core().store().next_timer());
}

TEST_CASE("story: an approval taken back while all stands still starts no clock", "[engine]") {
  House house;
  house.add("alice", Role::operator_);
  const std::string pipeline = pipeline_at_review(house);
  const std::string gate = waiting_gate(house, pipeline);
  const std::string task = waiting_task(house, pipeline);
  REQUIRE(house.run(gate, approve(), person("alice")));
  REQUIRE(house.run(pipeline, pipeline::Command{pipeline::Pause{"freeze"}}, owner));
  REQUIRE(house.run(gate, gate::Command{gate::Rescind{"too early"}}, person("alice")));
  CHECK(house.doc(gate)["status"] == "pending");
  CHECK(house.doc(task)["status"] == "pending");
  CHECK_FALSE(house.core().store().next_timer());
  REQUIRE(house.run(pipeline, pipeline::Command{pipeline::Resume{}}, owner));
  CHECK(house.core().store().next_timer());
  require_sound(house);
}

TEST_CASE("trail: an export is sound, and shows every change, gap and missing end", "[engine]") {
  House house;
  pipeline_at_review(house);
  house.core().seal();
  pipeline_at_review(house);
  std::ostringstream out;
  engine::export_trail(house.core().store(), house.core().seal_key(), house.clock().now(), out);
  const std::string trail = out.str();
  const std::string key = house.core().seal_key().public_hex();
  const auto verify = [&](const std::string& text) {
    std::istringstream in(text);
    return engine::verify_trail(in, key);
  };
  CHECK(verify(trail).sound());
  CHECK(verify(trail).seals == 2);

  std::string changed = trail;
  changed.replace(changed.find("go-high-level"), 13, "go-high-levil");
  CHECK_FALSE(verify(changed).sound());
  const std::size_t line = trail.find('\n', trail.size() / 3) + 1;
  CHECK_FALSE(verify(trail.substr(0, line) + trail.substr(trail.find('\n', line) + 1)).sound());
  CHECK_FALSE(verify(trail.substr(0, line)).sound());
  std::istringstream in(trail);
  CHECK_FALSE(engine::verify_trail(in, SigningKey::generate().public_hex()).sound());
}

}  // namespace
}  // namespace factory::test
