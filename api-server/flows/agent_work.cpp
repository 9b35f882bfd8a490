#include "flows/agent_work.hpp"

#include "slices/agent/agent.hpp"
#include "slices/pipeline/pipeline.hpp"
#include "slices/task/task.hpp"

namespace factory::flows {
namespace {

using engine::Command;
using engine::Happened;

class AgentWork {
 public:
  AgentWork(const Happened& happened, std::vector<Command>& out) : happened_(happened), out_(out) {}

  void task();
  void pipeline();
  void agent();

 private:
  template <class State>
  [[nodiscard]] const State& state() const {
    return *static_cast<const State*>(happened_.state.get());
  }
  [[nodiscard]] bool by_agent() const { return happened_.ctx.actor.type == ActorType::agent; }
  void taken(const std::string& by, agent::Item item) {
    out_.push_back({agent::stream_of(by), agent::Command{agent::TakeUp{std::move(item)}}});
  }
  void ended(const std::string& worker, const std::string& id, std::string outcome) {
    if (worker.empty()) return;
    out_.push_back({agent::stream_of(worker), agent::Command{agent::End{id, std::move(outcome)}}});
  }
  void stage_ended(const std::string& stage, const char* outcome);
  void give_back(const std::vector<agent::Item>& items, const char* reason);

  const Happened& happened_;
  std::vector<Command>& out_;
};

void AgentWork::task() {
  const auto& after = state<task::State>();
  const task::Created& created = after.created;
  if (!task::for_agents(created.kind)) return;  // the way of every approval: nothing is looked up
  const std::string& id = happened_.stream;
  const auto& event = std::any_cast<const task::Event&>(happened_.event.event);
  if (const auto* claimed = std::get_if<task::Claimed>(&event)) {
    if (!by_agent()) return;
    taken(claimed->by, {id,
                        std::string(name_of(created.kind)),
                        created.pipeline_id,
                        created.pipeline_name,
                        created.stage,
                        created.title,
                        {}});
  } else if (const auto* released = std::get_if<task::Released>(&event)) {
    ended(released->from, id, "released");
  } else if (const auto* given = std::get_if<task::Reassigned>(&event)) {
    if (after.claimed_by.empty()) ended(given->from, id, "taken_away");
  } else if (const auto* done = std::get_if<task::Completed>(&event)) {
    ended(after.claimed_by, id, done->by == after.claimed_by ? "done" : "taken_away");
  } else if (std::holds_alternative<task::Cancelled>(event)) {
    ended(after.claimed_by, id, "cancelled");
  }
}

void AgentWork::stage_ended(const std::string& stage, const char* outcome) {
  const auto& after = state<pipeline::State>();
  const int index = after.index_of(stage);
  if (index >= 0) ended(after.at(index).worker, happened_.stream, outcome);
}

void AgentWork::pipeline() {
  const auto& event = std::any_cast<const pipeline::Event&>(happened_.event.event);
  const auto& after = state<pipeline::State>();
  if (const auto* started = std::get_if<pipeline::WorkStarted>(&event)) {
    if (!by_agent()) return;
    taken(started->by, {happened_.stream,
                        "stage_work",
                        happened_.stream,
                        after.created->name,
                        started->stage,
                        after.plan(after.index_of(started->stage)).title,
                        {}});
  } else if (const auto* released = std::get_if<pipeline::WorkReleased>(&event)) {
    ended(released->worker, happened_.stream, "released");
  } else if (const auto* done = std::get_if<pipeline::WorkCompleted>(&event)) {
    const std::string& worker = after.at(after.index_of(done->stage)).worker;
    ended(worker, happened_.stream, worker == done->by ? "done" : "taken_away");
  } else if (const auto* fix = std::get_if<pipeline::FixRequested>(&event)) {
    ended(fix->worker, happened_.stream, "failed");
  } else if (const auto* failed = std::get_if<pipeline::Failed>(&event)) {
    stage_ended(failed->stage, "cancelled");
  } else if (std::holds_alternative<pipeline::Archived>(event) && after.current >= 0) {
    stage_ended(after.plan(after.current).name, "cancelled");
  }
}

void AgentWork::give_back(const std::vector<agent::Item>& items, const char* reason) {
  const std::string& name = state<agent::State>().profile.name;
  for (const agent::Item& item : items) {
    if (item.kind == "stage_work") {
      out_.push_back({item.id, pipeline::Command{pipeline::ReleaseWork{item.stage, name, reason}}});
    } else {
      out_.push_back({item.id, task::Command{task::GiveBack{name, reason}}});
    }
  }
}

void AgentWork::agent() {
  const auto& event = std::any_cast<const agent::Event&>(happened_.event.event);
  if (const auto* changed = std::get_if<agent::StatusChanged>(&event)) {
    give_back(changed->released, "agent_offline");
  } else if (const auto* gone = std::get_if<agent::Deregistered>(&event)) {
    give_back(gone->released, "agent_deregistered");
  }
}

}  // namespace

void follow_agent_work(const Happened& happened, std::vector<Command>& follow_ups) {
  AgentWork work(happened, follow_ups);
  if (happened.kind == task::Definition::kind) work.task();
  if (happened.kind == pipeline::Definition::kind) work.pipeline();
  if (happened.kind == agent::Definition::kind) work.agent();
}

}  // namespace factory::flows
