#include <algorithm>

#include "slices/user/decide_parts.hpp"

namespace factory::user {
namespace {

std::optional<Time> lock_after(int failures, Time now) {
  if (failures < failures_before_lock) return std::nullopt;
  const int doublings = std::min(failures - failures_before_lock, 6);
  const int minutes = std::min(1 << doublings, longest_lock_minutes);
  return now + Millis{minutes * 60'000LL};
}

}  // namespace

/// While the account is locked nothing is counted: whoever tries on must not fill the log.
Outcome note_failure(const State& state, const NoteFailure& command, const Ctx& ctx) {
  if (state.locked(ctx.now)) return Decision<Event>{};
  const int failures = state.failures + 1;
  return only(LoginFailed{failures, lock_after(failures, ctx.now), command.address, ctx.now});
}

Outcome sign_in(const State& state, const SignIn& command, const Ctx& ctx) {
  if (state.status != Status::active) {
    return refuse(ErrorCode::unauthenticated, state.name + " is disabled.");
  }
  if (command.session_began && !state.keeps(command.session, *command.session_began)) {
    return refuse(ErrorCode::unauthenticated, "The session is over.");
  }
  if (command.password_number == 0) return Decision<Event>{};
  if (command.password_number != state.password_number) {
    return refuse(ErrorCode::unauthenticated, "The password was changed meanwhile.");
  }
  if (state.locked(ctx.now)) {
    return refuse(ErrorCode::unauthenticated, state.name + " is locked.");
  }
  if (state.failures == 0) return Decision<Event>{};
  return only(LoginCleared{ctx.now});
}

}  // namespace factory::user
