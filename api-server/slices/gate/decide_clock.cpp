#include <algorithm>

#include "slices/gate/decide_parts.hpp"

namespace factory::gate {
namespace {

Millis minutes(int count) { return Millis{std::int64_t{count} * 60'000}; }

/// Whether a deadline lies ahead at all, be its clock running or not.
bool has_clock(const State& state) { return state.deadline && !state.deadline_passed; }

Escalated escalated(const State& state, Time now) {
  Escalated event;
  event.reason = "Nobody decided until the deadline, " + format_time(*state.deadline);
  event.by = "system";
  event.deadline_passed = true;
  event.at = now;
  return event;
}

Events deadline_passed(const State& state, Time now) {
  const Deadline& rule = *state.opened.policy.deadline;
  switch (rule.outcome) {
    case DeadlineOutcome::escalate: return {escalated(state, now)};
    case DeadlineOutcome::approve: return {Approved{"system", now}};
    case DeadlineOutcome::reject:
      return {Rejected{"system",
                       "Nobody decided until the deadline, " + format_time(*state.deadline),
                       {},
                       Severity::major,
                       now}};
    case DeadlineOutcome::extend:
      if (state.extensions >= rule.max_extensions || rule.extend_minutes <= 0) {
        return {escalated(state, now)};
      }
      return {DeadlineExtended{now + minutes(rule.extend_minutes), now}};
  }
  impossible();
}

}  // namespace

std::optional<Time> deadline_from(const GatePolicy& policy, Time now) {
  if (!policy.deadline || policy.deadline->minutes <= 0) return std::nullopt;
  return now + minutes(policy.deadline->minutes);
}

std::optional<Time> due(const State& state, const std::string& timer) {
  if (state.status != Status::pending || !has_clock(state) || state.paused_at) return std::nullopt;
  if (timer == "deadline") return state.deadline;
  const int warn = state.opened.policy.deadline->warn_minutes;
  if (timer != "deadline_warning" || warn <= 0 || state.deadline_warned) return std::nullopt;
  return *state.deadline - minutes(warn);
}

Result<Events> pause_clock(const State& state, const Ctx& ctx) {
  switch (state.status) {
    case Status::none: return no_such_gate();
    case Status::pending:
      if (!has_clock(state) || state.paused_at) return Events{};
      return Events{ClockPaused{ctx.now}};
    case Status::approved:
    case Status::rejected:
    case Status::cancelled: return Events{};
  }
  impossible();
}

Result<Events> resume_clock(const State& state, const Ctx& ctx) {
  switch (state.status) {
    case Status::none: return no_such_gate();
    case Status::pending: {
      if (!state.paused_at) return Events{};
      const Millis stood = std::max(Millis{0}, ctx.now - *state.paused_at);
      return Events{ClockResumed{*state.deadline + stood, ctx.now}};
    }
    case Status::approved:
    case Status::rejected:
    case Status::cancelled: return Events{};
  }
  impossible();
}

Result<Events> fire_timer(const State& state, const TimerFired& command, const Ctx& ctx) {
  switch (state.status) {
    case Status::none: return Events{};
    case Status::pending: {
      const auto moment = due(state, command.name);
      if (!moment || *moment > ctx.now) return Events{};
      if (command.name == "deadline" && command.refused) return Events{escalated(state, ctx.now)};
      if (command.name == "deadline") return deadline_passed(state, ctx.now);
      // Both came due while nothing ran: what the deadline brings says more than a warning of it.
      if (*state.deadline <= ctx.now) return Events{};
      return Events{DeadlineWarned{ctx.now}};
    }
    case Status::approved:
    case Status::rejected:
    case Status::cancelled: return Events{};
  }
  impossible();
}

}  // namespace factory::gate
