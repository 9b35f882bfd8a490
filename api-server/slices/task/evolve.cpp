#include <utility>

#include "slices/task/task.hpp"

namespace factory::task {
namespace {

/// What an open task goes back to when nobody holds it.
Status waiting(const State& state) {
  return state.escalation_level > 0 ? Status::escalated : Status::pending;
}

void drop_claim(State& state) {
  state.claimed_by.clear();
  state.claimed_at.reset();
  state.started_at.reset();
  state.status = waiting(state);
}

/// A clock that stood still counts on from here.
void resume(State& state, Time at) {
  if (state.paused_at) state.paused_for += state.clock_between(*state.paused_at, at);
  state.paused_at.reset();
}

bool reached(const State& state, int minutes, Time at) {
  return minutes > 0 && state.running(at) >= Millis{minutes * std::int64_t{60'000}};
}

void take(State& state, std::size_t step) {
  if (state.taken.size() <= step) state.taken.resize(step + 1, false);
  state.taken[step] = true;
}

/// What was held back is not given all at once: the last reminder says what there is to say.
void end_deferral(State& state, Time at) {
  for (const std::size_t step : missed_steps(state, at)) take(state, step);
  state.deferral.reset();
}

void close(State& state, Status status, Time at) {
  end_deferral(state, at);
  resume(state, at);
  state.status = status;
  state.called.reset();
}

void apply(State& state, const Created& event) {
  state.created = event;
  state.status = Status::pending;
  state.assignee = event.assignee;
  state.waiting_since = event.at;
  if (event.paused) state.paused_at = event.at;
}

void apply(State& state, const Claimed& event) {
  state.status = Status::claimed;
  state.claimed_by = event.by;
  state.claimed_at = event.at;
  state.taken_from.reset();
}

void apply(State& state, const Started& event) {
  state.status = Status::in_progress;
  state.started_at = event.at;
}

void apply(State& state, const Released& event) {
  drop_claim(state);
  if (!event.reason.empty()) state.taken_from = event;
}

void apply(State& state, const Reassigned& event) {
  state.assignee = event.to;
  state.given = !event.to.empty();
  if (state.claimed_by != event.to) drop_claim(state);
}

void apply(State& state, const PriorityChanged& event) {
  state.created.priority = event.to;
  state.sla_warned = state.sla_warned && reached(state, state.sla().warn_minutes, event.at);
  state.sla_breached = state.sla_breached && reached(state, state.sla().breach_minutes, event.at);
  for (std::size_t i = 0; i < state.taken.size(); ++i) {
    const LadderStep& step = state.ladder().steps.at(i);
    if (step.from == LadderFrom::created) continue;
    const bool by_deadline = step.from == LadderFrom::deadline;
    const int moment = by_deadline ? state.sla().breach_minutes : state.sla().warn_minutes;
    if (moment == 0) continue;  // none that the step could lie ahead of
    state.taken[i] = state.taken[i] && reached(state, moment + step.minutes, event.at);
  }
}

void apply(State& state, const Completed& event) {
  close(state, Status::completed, event.at);
  state.completion = event;
}

void apply(State& state, const Expired& event) {
  close(state, Status::expired, event.at);
  state.completion = Completed{event.decision, event.notes, {}, "system", event.at};
}

void apply(State& state, const Deferred& event) {
  state.deferral = event;
  state.called.reset();
}

void apply(State& state, const DeferralEnded& event) { end_deferral(state, event.at); }

void apply(State& state, const Reopened& event) {
  if (state.completion) {
    state.paused_for += state.clock_between(state.completion->at, event.at);
  }
  state.completion.reset();
  state.waiting_since = event.at;
  drop_claim(state);
}

void apply(State& state, const Cancelled& event) {
  close(state, Status::cancelled, event.at);
  state.cancel_reason = event.reason;
}

void apply(State& state, const SlaWarned& /*event*/) { state.sla_warned = true; }

void apply(State& state, const SlaBreached& /*event*/) { state.sla_breached = true; }

void apply(State& state, const Escalated& event) {
  state.escalation_level = event.level;
  state.escalated_to = event.to;
  state.sla_escalated = state.sla_escalated || event.by_sla;
  if (!event.to.empty()) {
    state.assignee = event.to;
    state.given = true;
  }
  if (!event.by.empty()) state.called = event;
  if (state.status == Status::pending) state.status = Status::escalated;
}

void apply(State& state, const ClockPaused& event) { state.paused_at = event.at; }

void apply(State& state, const ClockResumed& event) { resume(state, event.at); }

void apply(State& state, const Reminded& event) {
  take(state, static_cast<std::size_t>(event.step));
  if (state.told.size() == most_told) state.told.erase(state.told.begin());
  state.told.push_back(event);
}

}  // namespace

State evolve(State state, const Event& event) {
  std::visit(
      [&](const auto& happened) {
        apply(state, happened);
        state.updated_at = happened.at;
      },
      event);
  return state;
}

std::optional<Time> State::due(int minutes) const {
  if (minutes <= 0 || paused_at) return std::nullopt;
  const Millis running = Millis{minutes * std::int64_t{60'000}} + paused_for;
  return created.calendar ? created.calendar->after(created.at, running) : created.at + running;
}

Millis State::clock_between(Time since, Time until) const {
  return created.calendar ? created.calendar->between(since, until) : until - since;
}

Millis State::running(Time at) const {
  return clock_between(created.at, paused_at.value_or(at)) - paused_for;
}

const Sla& State::sla() const { return created.sla.at(static_cast<std::size_t>(created.priority)); }

bool State::open() const {
  switch (status) {
    case Status::pending:
    case Status::claimed:
    case Status::in_progress:
    case Status::escalated: return true;
    case Status::none:
    case Status::completed:
    case Status::expired:
    case Status::cancelled: return false;
  }
  return false;
}

const std::string& State::holder() const { return claimed_by.empty() ? assignee : claimed_by; }

std::array<std::optional<Time>, timer_names.size()> schedule(const State& state) {
  std::array<std::optional<Time>, timer_names.size()> due;
  if (!state.open()) return due;
  if (!state.sla_warned && !state.sla_breached) due[0] = state.due(state.sla().warn_minutes);
  if (!state.sla_breached) due[1] = state.due(state.sla().breach_minutes);
  if (!state.sla_escalated) due[2] = state.due(state.sla().escalate_minutes);
  if (const auto next = next_step(state)) due[3] = next->due;
  if (state.deferral) due[4] = state.deferral->until;
  return due;
}

}  // namespace factory::task
