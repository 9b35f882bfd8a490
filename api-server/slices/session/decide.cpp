#include <utility>

#include "slices/session/session.hpp"

namespace factory::session {
namespace {

using Outcome = Result<Decision<Event>>;

constexpr const char* kExpiry = "expiry";

Error refuse(ErrorCode code, std::string detail) { return {code, std::move(detail), {}, {}, {}}; }

Error over() {
  return refuse(ErrorCode::unauthenticated, "The refresh token is unknown or no longer valid.");
}

Outcome start(const Start& command, const Ctx& ctx) {
  Started started = command.started;
  started.at = ctx.now;
  started.expires_at = ctx.now + refresh_lifetime;
  Decision<Event> decision;
  decision.timers.push_back({kExpiry, started.expires_at});
  decision.events.emplace_back(std::move(started));
  return decision;
}

Outcome refresh(const State& state, const Refresh& command, const Ctx& ctx) {
  if (state.expires_at <= ctx.now) return over();
  Decision<Event> decision;
  if (command.generation < state.generation) {
    decision.timers.push_back({kExpiry, std::nullopt});
    decision.events.emplace_back(ReuseDetected{command.generation, command.address, ctx.now});
    return decision;
  }
  // Both are keyed hashes: to compare them tells nothing about the token.
  if (command.generation > state.generation || command.hash != state.refresh_hash) return over();
  const Time expires = ctx.now + refresh_lifetime;
  decision.timers.push_back({kExpiry, expires});
  decision.events.emplace_back(
      Refreshed{state.generation + 1, command.next_hash, expires, ctx.now});
  return decision;
}

Outcome end(const End& command, const Ctx& ctx) {
  Decision<Event> decision;
  decision.timers.push_back({kExpiry, std::nullopt});
  decision.events.emplace_back(Ended{ctx.actor.id, command.reason, ctx.now});
  return decision;
}

Outcome expire(const State& state, const Ctx& ctx) {
  Decision<Event> decision;
  const bool now_over = state.expires_at <= ctx.now;
  if (now_over) decision.events.emplace_back(Expired{ctx.now});
  decision.timers.push_back(
      {kExpiry, now_over ? std::nullopt : std::optional<Time>(state.expires_at)});
  return decision;
}

struct Decider {
  const State& state;
  const Ctx& ctx;

  Outcome operator()(const Start& command) const {
    switch (state.status) {
      case Status::none: return start(command, ctx);
      case Status::active:
      case Status::ended:
      case Status::expired:
      case Status::revoked: break;
    }
    return refuse(ErrorCode::conflict, "This session exists already.");
  }
  Outcome operator()(const Refresh& command) const {
    switch (state.status) {
      case Status::active: return refresh(state, command, ctx);
      case Status::none:
      case Status::ended:
      case Status::expired:
      case Status::revoked: break;
    }
    return over();
  }
  Outcome operator()(const End& command) const {
    switch (state.status) {
      case Status::none: return refuse(ErrorCode::not_found, "There is no such session.");
      case Status::active: return end(command, ctx);
      case Status::ended:
      case Status::expired:
      case Status::revoked: break;
    }
    return Decision<Event>{};
  }
  Outcome operator()(const Expire&) const {
    switch (state.status) {
      case Status::active: return expire(state, ctx);
      case Status::none:
      case Status::ended:
      case Status::expired:
      case Status::revoked: break;
    }
    Decision<Event> decision;
    decision.timers.push_back({kExpiry, std::nullopt});
    return decision;
  }
};

}  // namespace

Result<Decision<Event>> decide(const State& state, const Command& command, const Ctx& ctx) {
  return std::visit(Decider{state, ctx}, command);
}

}  // namespace factory::session
