#pragma once

#include <string>
#include <vector>

#include "slices/gate/gate.hpp"

/// The parts of decide(), one function a command. Each answers for every status with the events
/// that follow; timers and announcements follow from the events alone (decide.cpp).
namespace factory::gate {

using Events = std::vector<Event>;

// decide.cpp
Result<Events> open_gate(const State& state, const Open& command, const Ctx& ctx);
Result<Events> delegate(const State& state, const Delegate& command, const Ctx& ctx);
Result<Events> escalate(const State& state, const Escalate& command, const Ctx& ctx);
Result<Events> change_subject(const State& state, const ChangeSubject& command, const Ctx& ctx);
Result<Events> set_priority(const State& state, const SetPriority& command, const Ctx& ctx);
Result<Events> consume(const State& state, const Ctx& ctx);
Result<Events> cancel(const State& state, const Cancel& command, const Ctx& ctx);

// decide_vote.cpp
Result<Events> cast_vote(const State& state, const Vote& command, const Ctx& ctx);
Result<Events> rescind(const State& state, const Rescind& command, const Ctx& ctx);

// decide_condition.cpp
Result<Events> meet_condition(const State& state, const MeetCondition& command, const Ctx& ctx);

// decide_clock.cpp
Result<Events> pause_clock(const State& state, const Ctx& ctx);
Result<Events> resume_clock(const State& state, const Ctx& ctx);
Result<Events> fire_timer(const State& state, const TimerFired& command, const Ctx& ctx);
/// The deadline of a gate whose clock starts at `now`; nullopt if its policy has none.
std::optional<Time> deadline_from(const GatePolicy& policy, Time now);
/// When "deadline" or "deadline_warning" is to fire as things stand; nullopt: not at all.
std::optional<Time> due(const State& state, const std::string& timer);

// decide_refusals.cpp: what is said where the status does not allow a command
Error no_such_gate();
Error decided_before(const State& state);
Error was_cancelled(const State& state);
Error conflict(std::string detail, std::string hint);
/// ok, or `forbidden`: agents and the system itself never decide, and only over a channel that the
/// policy allows.
Result<Done> check_actor(const State& state, const Principal& actor);
/// For the end of a switch over a status that names them all.
[[noreturn]] void impossible();

}  // namespace factory::gate
