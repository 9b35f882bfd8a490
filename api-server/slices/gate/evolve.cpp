#include <algorithm>
#include <utility>

#include "slices/gate/gate.hpp"

namespace factory::gate {
namespace {

/// Older ones are in the events; a state stays small however often something happens to it.
constexpr std::size_t kept = 50;

template <class T>
void append(std::vector<T>& list, T item) {
  if (list.size() == kept) list.erase(list.begin());
  list.push_back(std::move(item));
}

void drop_vote(State& state, const std::string& person) {
  std::erase_if(state.votes, [&](const Voted& vote) { return vote.person == person; });
  std::erase_if(state.met, [&](const ConditionMet& met) { return met.of == person; });
}

void close(State& state, Status status, const std::string& by, Time at) {
  state.status = status;
  state.decided_by = by;
  state.decided_at = at;
  state.paused_at.reset();
}

struct Apply {
  State& state;

  void operator()(const Opened& event) const {
    state.status = Status::pending;
    state.opened = event;
    state.versions = {{event.subject.digest, ""}};
    state.deadline = event.deadline;
    if (event.paused && event.deadline) state.paused_at = event.at;
  }
  void operator()(const Voted& event) const {
    drop_vote(state, event.person);
    state.votes.push_back(event);
  }
  void operator()(const Approved& event) const {
    close(state, Status::approved, event.by, event.at);
  }
  void operator()(const Rejected& event) const {
    close(state, Status::rejected, event.by, event.at);
    state.reason = event.reason;
  }
  void operator()(const Rescinded& event) const {
    drop_vote(state, event.person);
    if (!event.reopened) return;
    state.status = Status::pending;
    state.decided_by.clear();
    state.decided_at = {};
    state.deadline = event.deadline;
    state.deadline_warned = state.deadline_passed = false;
  }
  void operator()(const Consumed&) const { state.consumed = true; }
  void operator()(const Delegated& event) const {
    std::erase_if(state.delegations,
                  [&](const Delegated& earlier) { return earlier.from == event.from; });
    state.delegations.push_back(event);
  }
  void operator()(const Escalated& event) const {
    append(state.escalations, event);
    state.deadline_passed = state.deadline_passed || event.deadline_passed;
  }
  void operator()(const SubjectChanged& event) const {
    state.opened.subject.digest = event.digest;
    append(state.versions, SubjectVersion{event.digest, event.change});
    state.votes.clear();
    state.met.clear();
    auto& reporters = state.opened.reporters;
    const std::string who = event.reporter.value_or("");
    const bool known = who.empty() || who == state.opened.requester ||
                       std::find(reporters.begin(), reporters.end(), who) != reporters.end();
    if (!known) reporters.push_back(who);
  }
  void operator()(const DeadlineWarned&) const { state.deadline_warned = true; }
  void operator()(const DeadlineExtended& event) const {
    state.deadline = event.deadline;
    state.deadline_warned = false;
    ++state.extensions;
  }
  void operator()(const ClockPaused& event) const { state.paused_at = event.at; }
  void operator()(const ClockResumed& event) const {
    state.paused_at.reset();
    state.deadline = event.deadline;
  }
  void operator()(const PriorityChanged& event) const { state.opened.priority = event.priority; }
  void operator()(const ConditionMet& event) const { state.met.push_back(event); }
  void operator()(const Cancelled& event) const {
    state.status = Status::cancelled;
    state.reason = event.reason;
    state.paused_at.reset();
  }
};

}  // namespace

State evolve(State state, const Event& event) {
  std::visit(Apply{state}, event);
  state.updated_at = std::visit([](const auto& happened) { return happened.at; }, event);
  return state;
}

std::vector<std::string> State::approvers() const {
  std::vector<std::string> places;
  for (const Voted& vote : votes) {
    if (vote.verdict != Verdict::approve) continue;
    places.push_back(vote.on_behalf_of.empty() ? vote.person : vote.on_behalf_of);
  }
  return places;
}

const ConditionMet* State::met_of(const std::string& person, const std::string& condition) const {
  const auto found = std::find_if(met.begin(), met.end(), [&](const ConditionMet& event) {
    return event.of == person && event.condition == condition;
  });
  return found == met.end() ? nullptr : &*found;
}

std::vector<Delegation> State::delegated() const {
  std::vector<Delegation> all;
  for (const Delegated& event : delegations) all.push_back({event.from, event.to});
  return all;
}

}  // namespace factory::gate
