#include "tests/sim/invariants.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "engine/audit.hpp"
#include "engine/rebuild.hpp"
#include "flows/slices.hpp"

namespace factory::sim {

namespace {

/// All that the log says, stream by stream, with the moments that matter looked at on the way.
class Look {
 public:
  explicit Look(World& world) : world_(world) {}

  std::vector<std::string> run() {
    read_log();
    for (const auto& [id, state] : pipelines_) check_pipeline(id, state);
    for (const auto& [id, state] : gates_) check_gate(id, state);
    for (const auto& [id, state] : tasks_) check_task(id, state);
    check_timers();
    check_trail();
    return std::move(broken_);
  }

 private:
  void say(std::string what) { broken_.push_back(std::move(what)); }

  template <class Definition>
  static typename Definition::Event read(const storage::EventRecord& record) {
    return engine::decode_event<typename Definition::Event>(record.type,
                                                            engine::event_data(record.body));
  }

  void read_log() {
    storage::EventQuery query;
    query.limit = 1000;
    for (;;) {
      const storage::EventPage page = world_.store().read_events(query);
      for (const storage::EventRecord& record : page.events) take(record);
      if (!page.next) return;
      query.after = *page.next;
    }
  }

  void take(const storage::EventRecord& record) {
    if (record.stream.rfind("pipe_", 0) == 0) {
      pipeline::State& state = pipelines_[record.stream];
      const auto event = read<pipeline::Definition>(record);
      if (const auto* moved = std::get_if<pipeline::StageChanged>(&event)) {
        look_at_move(record.stream, state, *moved);
      }
      state = pipeline::evolve(std::move(state), event);
    } else if (record.stream.rfind("gate_", 0) == 0) {
      gate::State& state = gates_[record.stream];
      const auto event = read<gate::Definition>(record);
      look_at_gate(record.stream, state, event);
      state = gate::evolve(std::move(state), event);
    } else if (record.stream.rfind("task_", 0) == 0) {
      task::State& state = tasks_[record.stream];
      state = task::evolve(std::move(state), read<task::Definition>(record));
    }
  }

  /// Nothing goes forward over a gate that did not approve.
  void look_at_move(const std::string& id, const pipeline::State& state,
                    const pipeline::StageChanged& moved) {
    if (moved.from.empty()) return;
    const int from = state.index_of(moved.from);
    const int to = state.index_of(moved.to);
    for (int stage = from; stage < to; ++stage) {
      if (!state.plan(stage).gate) continue;
      if (stage != from || !state.at(stage).gate_approved) {
        say(id + " went from " + moved.from + " to " + moved.to + " past the gate of " +
            state.plan(stage).name);
      }
    }
  }

  void look_at_gate(const std::string& id, const gate::State& state, const gate::Event& event) {
    if (const auto* vote = std::get_if<gate::Voted>(&event)) {
      const Person* who = world_.people().find(vote->person);
      if (who == nullptr || !who->may_decide()) say(id + ": a vote by " + vote->person);
      if (state.status != gate::Status::pending) say(id + ": a vote at a closed gate");
    }
    const auto* approved = std::get_if<gate::Approved>(&event);
    const bool closes = approved != nullptr || std::holds_alternative<gate::Rejected>(event) ||
                        std::holds_alternative<gate::Cancelled>(event);
    if (closes && state.status != gate::Status::pending) say(id + " was closed twice");
    if (approved == nullptr || approved->by == "system") return;
    const Standing stands =
        standing(state.opened.policy, state.involved(), state.approvers(), world_.people());
    if (!stands.met) say(id + " was approved without enough approvers");
    for (const gate::Voted& vote : state.votes) {
      if (vote.verdict != gate::Verdict::approve) say(id + " was approved over a rejection");
    }
  }

  void check_pipeline(const std::string& id, const pipeline::State& state) {
    const std::string slug = pipeline::slug_of(*state.created, id);
    if (!slugs_.insert(slug).second) say(id + " is not the only one that is called " + slug);
    if (state.gate) {
      const auto gate = gates_.find(state.gate->gate_id);
      if (gate == gates_.end() || gate->second.status != gate::Status::pending) {
        say(id + " waits at a gate that is not open: " + state.gate->gate_id);
      }
      const auto task = tasks_.find(state.gate->task_id);
      if (task == tasks_.end() || !task->second.open()) {
        say(id + " waits at a gate whose task is not open: " + state.gate->task_id);
      }
    }
    for (const pipeline::OpenFix& fix : state.fixes) {
      const auto task = tasks_.find(fix.task_id);
      if (task == tasks_.end() || !task->second.open()) {
        say(id + " waits for a fix whose task is not open: " + fix.task_id);
      }
    }
    if (ended(state) && (state.gate || !state.fixes.empty())) {
      say(id + " has ended and waits still");
    }
  }

  static bool ended(const pipeline::State& state) {
    return state.status == pipeline::Status::completed ||
           state.status == pipeline::Status::archived;
  }

  void check_gate(const std::string& id, const gate::State& state) {
    if (state.status != gate::Status::pending) return;
    const auto pipeline = pipelines_.find(state.opened.subject.pipeline_id);
    if (pipeline == pipelines_.end() || !pipeline->second.gate ||
        pipeline->second.gate->gate_id != id) {
      say(id + " is open, but its pipeline does not wait at it");
    } else if (pipeline->second.gate->digest != state.opened.subject.digest) {
      say(id + " shows another digest than its pipeline");
    }
  }

  /// A gate that its deadline decided has a task that expired, and no other has.
  void check_closed(const std::string& id, const task::State& state) {
    if (state.deferral) say(id + " is closed, and put off still");
    if (state.created.gate_id.empty()) return;
    const gate::State& gate = gates_[state.created.gate_id];
    const bool by_deadline = gate.decided_by == "system";
    if (by_deadline != (state.status == task::Status::expired)) {
      say(id + " is " + std::string(name_of(state.status)) + ", but its gate was decided by " +
          gate.decided_by);
    }
  }

  void check_task(const std::string& id, const task::State& state) {
    if (!state.open()) return check_closed(id, state);
    const auto pipeline = pipelines_.find(state.created.pipeline_id);
    if (pipeline == pipelines_.end() || ended(pipeline->second)) {
      say(id + " is open, but its pipeline has ended");
    }
    if (!state.created.gate_id.empty() &&
        gates_[state.created.gate_id].status != gate::Status::pending) {
      say(id + " is open, but its gate is not");
    }
  }

  /// Timers belong to what is open; nothing that is over rings.
  void check_timers() {
    const Time far = world_.clock().now() + Millis{1000LL * 86'400'000};
    for (const storage::TimerRow& timer : world_.store().due_timers(far, 10'000)) {
      const auto gate = gates_.find(timer.stream);
      const auto task = tasks_.find(timer.stream);
      const bool rings_for_open =
          (gate != gates_.end() && gate->second.status == gate::Status::pending) ||
          (task != tasks_.end() && task->second.open());
      if (!rings_for_open) say("timer " + timer.name + " of " + timer.stream + ", which is closed");
    }
  }

  void check_trail() {
    const auto audit = engine::verify_store(world_.store(), world_.seal_key().public_hex());
    for (const std::string& problem : audit.problems) say("audit: " + problem);
    const auto views = engine::check_views(world_.store(), all_slices());
    for (const std::string& difference : views.differences) say("views: " + difference);
  }

  World& world_;
  std::map<std::string, pipeline::State> pipelines_;
  std::map<std::string, gate::State> gates_;
  std::map<std::string, task::State> tasks_;
  std::set<std::string> slugs_;
  std::vector<std::string> broken_;
};

/// How many events each request wrote.
std::map<std::string, std::size_t> written(World& world) {
  std::map<std::string, std::size_t> counts;
  const std::string label = R"("request_id":")";
  storage::EventQuery query;
  query.limit = 1000;
  for (;;) {
    const storage::EventPage page = world.store().read_events(query);
    for (const storage::EventRecord& record : page.events) {
      const std::size_t at = record.body.find(label);
      if (at == std::string::npos) continue;
      const std::size_t begin = at + label.size();
      ++counts[record.body.substr(begin, record.body.find('"', begin) - begin)];
    }
    if (!page.next) return counts;
    query.after = *page.next;
  }
}

/// Whether the gate was ever closed.
bool was_decided(World& world, const std::string& gate) {
  const auto events = world.store().load(gate);
  return std::any_of(events.begin(), events.end(), [](const storage::EventRecord& event) {
    return event.type == gate::Approved::type || event.type == gate::Rejected::type ||
           event.type == gate::Cancelled::type;
  });
}

}  // namespace

std::vector<std::string> broken_invariants(World& world) { return Look(world).run(); }

std::vector<std::string> broken_promises(World& world, const std::vector<Sent>& calls) {
  std::vector<std::string> broken;
  const auto counts = written(world);
  for (const Sent& sent : calls) {
    const auto found = counts.find(sent.request_id);
    const std::size_t there = found == counts.end() ? 0 : found->second;
    const auto say = [&](const std::string& what) {
      broken.push_back(sent.request_id + " to " + sent.stream + " " + what + ": " +
                       std::to_string(there) + " of " + std::to_string(sent.would_write) +
                       " events");
    };
    const bool whole = there == sent.would_write;
    switch (sent.known) {
      case Known::acknowledged:
        if (sent.replayed ? there != 0 : !whole) say("was acknowledged");
        break;
      case Known::refused:
        if (there != 0) say("was refused");
        if (sent.error->code == ErrorCode::already_decided && sent.stream.rfind("gate_", 0) == 0 &&
            !was_decided(world, sent.stream)) {
          say("was told of a decision that does not stand");
        }
        break;
      case Known::unknown:
        if (there != 0 && !whole) say("is there in part");
        break;
    }
    if (sent.key.empty() || sent.replayed) continue;
    const bool kept = world.store().find_request(sent.actor.id, sent.key).has_value();
    if (sent.known == Known::acknowledged && !kept) say("was acknowledged without its key");
    if (there > 0 && !kept) say("is there without its key");
  }
  return broken;
}

}  // namespace factory::sim
