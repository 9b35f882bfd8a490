#include <algorithm>
#include <utility>

#include "slices/agent/agent.hpp"

namespace factory::agent {
namespace {

constexpr std::int64_t minute_ms = 60'000;
constexpr std::int64_t minutes_kept = 24 * 60;

std::int64_t minute_of(Time at) { return to_millis(at) / minute_ms; }

void count(State& state, Time at, bool done) {
  const std::int64_t minute = minute_of(at);
  std::erase_if(state.ended, [&](const Ended& old) { return old.minute < minute - minutes_kept; });
  if (state.ended.empty() || state.ended.back().minute < minute)
    state.ended.push_back({minute, 0, 0});
  (done ? state.ended.back().done : state.ended.back().failed) += 1;
}

struct Evolver {
  State& state;

  void operator()(const Registered& event) const {
    // Another life under the same name: what an earlier one did is not its own.
    state = State{};
    state.status = Status::offline;
    state.profile = event;
    state.since = event.at;
  }
  void operator()(const Updated& event) const {
    if (event.kind) state.profile.kind = *event.kind;
    if (event.capabilities) state.profile.capabilities = *event.capabilities;
    if (event.owner) state.profile.owner = *event.owner;
    if (event.lease_ttl_seconds) state.profile.lease_ttl_seconds = *event.lease_ttl_seconds;
  }
  void operator()(const StatusChanged& event) const {
    state.status = event.to;
    state.since = event.at;
    if (event.to == Status::offline) {
      state.online_since.reset();
      state.holding.clear();
      state.lost = event.released;
      return;
    }
    if (event.from == Status::offline) {
      state.online_since = event.at;
      state.lost.clear();
    }
    state.last_seen = event.at;
  }
  void operator()(const WorkTaken& event) const {
    state.holding.push_back(event.item);
    state.last_seen = event.at;
  }
  void operator()(const WorkEnded& event) const {
    std::erase_if(state.holding, [&](const Item& item) { return item.id == event.id; });
    if (event.outcome == "done" || event.outcome == "failed") {
      count(state, event.at, event.outcome == "done");
    }
  }
  void operator()(const Deregistered& event) const {
    state.status = Status::deregistered;
    state.since = event.at;
    state.reason = event.reason;
    state.online_since.reset();
    state.holding.clear();
    state.lost.clear();
  }
};

}  // namespace

Ended ended_in_a_day(const State& state, Time now) {
  const std::int64_t first = minute_of(now) - minutes_kept;
  Ended sum;
  for (const Ended& minute : state.ended) {
    if (minute.minute <= first) continue;
    sum.done += minute.done;
    sum.failed += minute.failed;
  }
  return sum;
}

State evolve(State state, const Event& event) {
  std::visit(Evolver{state}, event);
  return state;
}

}  // namespace factory::agent
