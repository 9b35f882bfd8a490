#pragma once

#include <string>

#include "slices/task/task.hpp"

/// Who may do what to a task, and how it is said that they may not. Pure.
namespace factory::task {

Error refuse(ErrorCode code, std::string detail, std::string hint = "");
Error missing();
/// How a sentence about this task begins.
std::string named(const State& state);
/// Why nothing can be done to a task that is no longer open.
Error closed(const State& state);
Error claimed_by_other(const State& state);
Error not_theirs(const State& state);
Error wrong_decision(const State& state, const std::string& decision);

/// Claiming and completing: persons whose role is more than looking, and agents where the task is
/// work and no decision.
factory::Status may_work(const State& state, const Ctx& ctx);
factory::Status may_rank(const Ctx& ctx);
factory::Status may_reassign(const Ctx& ctx);
/// Whether `person` exists and can be given this task.
factory::Status may_be_given(const State& state, const std::string& person, const Ctx& ctx);
/// Whether a task can be put off until then: it lies ahead, and not too far.
factory::Status check_until(Time until, Time now);
/// Whether this type of task can end with this decision.
bool can_end_as(Type kind, const std::string& decision);

}  // namespace factory::task
