#pragma once

#include <optional>
#include <string>
#include <vector>

#include "slices/report/report.hpp"

/// The parts of decide(): each command answers for every status with the events that follow.
namespace factory::report {

using Events = std::vector<Event>;
using Decided = Result<Events>;

// decide.cpp
Decided decide_on(const State& state, const Submit& command, const Ctx& ctx);

// decide_review.cpp
Decided decide_on(const State& state, const Review& command, const Ctx& ctx);
Decided decide_on(const State& state, const GateApproved& command, const Ctx& ctx);
Decided decide_on(const State& state, const GateRejected& command, const Ctx& ctx);
Decided decide_on(const State& state, const GateRescinded& command, const Ctx& ctx);

// decide_checks.cpp
Decided decide_on(const State& state, const ReportCheck& command, const Ctx& ctx);
Decided decide_on(const State& state, const Exempt& command, const Ctx& ctx);
Decided decide_on(const State& state, const TimerFired& command, const Ctx& ctx);
/// When the first exemption expires; nullopt without any.
std::optional<Time> next_expiry(const State& state);

Error no_such_report();
/// The event with the digest that stands after it.
template <class E>
E with_digest(const State& state, E event) {
  event.digest = subject_digest(evolve(state, Event{event}));
  return event;
}
/// For the end of a switch over a status that names them all.
[[noreturn]] void impossible();

}  // namespace factory::report
