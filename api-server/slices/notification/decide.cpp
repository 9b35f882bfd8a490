#include <algorithm>
#include <utility>

#include "slices/notification/notification.hpp"

namespace factory::notification {
namespace {

using Outcome = Result<Decision<Event>>;

Outcome nothing() { return Decision<Event>{}; }

Outcome one(Event event) {
  Decision<Event> decision;
  decision.events.push_back(std::move(event));
  return decision;
}

Error missing() { return {ErrorCode::not_found, "There is no such notification.", "", {}, {}}; }

struct Decider {
  const State& state;
  const Ctx& ctx;

  Outcome operator()(const Create& command) const {
    switch (state.status) {
      case Status::none: return create(command.created);
      case Status::unread:
      case Status::read:
      case Status::dismissed: return nothing();
    }
    return missing();
  }

  Outcome operator()(const MarkRead& /*command*/) const {
    if (!theirs()) return missing();
    switch (state.status) {
      case Status::none: return missing();
      case Status::unread: return one(MarkedRead{ctx.now});
      case Status::read:
      case Status::dismissed: return nothing();
    }
    return missing();
  }

  Outcome operator()(const Dismiss& /*command*/) const {
    if (!theirs()) return missing();
    switch (state.status) {
      case Status::none: return missing();
      case Status::unread:
      case Status::read: return one(Dismissed{ctx.now});
      case Status::dismissed: return nothing();
    }
    return missing();
  }

  Outcome operator()(const MarkDelivered& command) const {
    switch (state.status) {
      case Status::none: return missing();
      case Status::unread:
      case Status::read:
      case Status::dismissed:
        if (!state.has(command.channel) || state.delivered.contains(command.channel)) {
          return nothing();
        }
        return one(Delivered{command.channel, command.in_digest, ctx.now});
    }
    return missing();
  }

 private:
  [[nodiscard]] bool theirs() const { return state.created.recipient == ctx.actor.id; }

  [[nodiscard]] Outcome create(Created created) const {
    created.at = ctx.now;
    Decision<Event> decision;
    for (const NotifyChannel channel : created.channels) {
      if (channel == NotifyChannel::in_app || is_shared(channel)) continue;
      decision.effects.push_back({effect_kind(channel), std::string(Created::type)});
    }
    decision.events.emplace_back(std::move(created));
    return decision;
  }
};

}  // namespace

Outcome decide(const State& state, const Command& command, const Ctx& ctx) {
  return std::visit(Decider{state, ctx}, command);
}

bool State::has(NotifyChannel channel) const {
  return std::find(created.channels.begin(), created.channels.end(), channel) !=
         created.channels.end();
}

}  // namespace factory::notification
