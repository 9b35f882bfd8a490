#include <utility>

#include "slices/webhook/webhook.hpp"

namespace factory::webhook {
namespace {

using Outcome = Result<Decision<Event>>;

Error no_such_webhook() { return {ErrorCode::not_found, "There is no such webhook.", {}, {}, {}}; }

Outcome only(Event event) {
  Decision<Event> decision;
  decision.events.push_back(std::move(event));
  return decision;
}

/// What differs from what stands.
Updated difference(const State& state, const Update& command, const Ctx& ctx) {
  Updated updated{command.url, command.events, command.description, ctx.actor.id, ctx.now};
  const Registered& now = state.registered;
  if (updated.url == now.url) updated.url.reset();
  if (updated.events == now.events) updated.events.reset();
  if (updated.description == now.description) updated.description.reset();
  return updated;
}

struct Decider {
  const State& state;
  const Ctx& ctx;

  Outcome operator()(const Register& command) const {
    switch (state.status) {
      case Status::none: break;
      case Status::enabled:
      case Status::disabled:
      case Status::deleted:
        return Error{ErrorCode::conflict, "There is such a webhook already.", {}, {}, {}};
    }
    Registered registered = command.registered;
    registered.by = ctx.actor.id;
    registered.at = ctx.now;
    return only(std::move(registered));
  }

  Outcome operator()(const Update& command) const {
    switch (state.status) {
      case Status::none:
      case Status::deleted: return no_such_webhook();
      case Status::enabled:
      case Status::disabled: break;
    }
    Decision<Event> decision;
    Updated updated = difference(state, command, ctx);
    if (updated.url || updated.events || updated.description) {
      decision.events.emplace_back(std::move(updated));
    }
    if (command.enabled && *command.enabled != (state.status == Status::enabled)) {
      decision.events.push_back(*command.enabled ? Event{enabled()} : Event{disabled({})});
    }
    return decision;
  }

  Outcome operator()(const RotateSecret& command) const {
    switch (state.status) {
      case Status::none:
      case Status::deleted: return no_such_webhook();
      case Status::enabled:
      case Status::disabled: break;
    }
    const Time until = ctx.now + Millis{command.overlap_hours * 3'600'000LL};
    return only(SecretRotated{command.sealed_secret, until, ctx.actor.id, ctx.now});
  }

  Outcome operator()(const Enable&) const {
    switch (state.status) {
      case Status::none:
      case Status::deleted: return no_such_webhook();
      case Status::enabled: return Decision<Event>{};
      case Status::disabled: break;
    }
    return only(enabled());
  }

  Outcome operator()(const Disable& command) const {
    switch (state.status) {
      case Status::none:
      case Status::deleted: return no_such_webhook();
      case Status::disabled: return Decision<Event>{};
      case Status::enabled: break;
    }
    Outcome outcome = only(disabled(command));
    // What the server did of itself is told; who did it himself knows it.
    if (command.cause != Cause::requested) {
      outcome->effects.push_back({"announce", "webhook.disabled"});
    }
    return outcome;
  }

  Outcome operator()(const Delete&) const {
    switch (state.status) {
      case Status::none: return no_such_webhook();
      case Status::deleted: return Decision<Event>{};
      case Status::enabled:
      case Status::disabled: break;
    }
    return only(Deleted{ctx.actor.id, ctx.now});
  }

 private:
  [[nodiscard]] Enabled enabled() const { return {ctx.actor.id, ctx.now}; }
  [[nodiscard]] Disabled disabled(const Disable& command) const {
    return {command.cause, command.reason, ctx.actor.id, ctx.now};
  }
};

}  // namespace

Result<Decision<Event>> decide(const State& state, const Command& command, const Ctx& ctx) {
  return std::visit(Decider{state, ctx}, command);
}

}  // namespace factory::webhook
