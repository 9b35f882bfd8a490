#include <algorithm>
#include <set>
#include <utility>

#include "domain/names.hpp"

#include "slices/agent/agent.hpp"

namespace factory::agent {
namespace {

using Outcome = Result<Decision<Event>>;

constexpr int shortest_lease = 5;
constexpr int longest_lease = 3600;
constexpr const char* lease = "lease";

Outcome nothing() { return Decision<Event>{}; }

Error refuse(ErrorCode code, std::string detail, std::string hint = {}) {
  return {code, std::move(detail), std::move(hint), {}, {}};
}

Error wrong(std::string pointer, std::string detail) {
  std::string sentence = "The agent's " + pointer.substr(1) + " " + detail + ".";
  return {ErrorCode::invalid_request, std::move(sentence), {}, {{std::move(pointer), detail}}, {}};
}

/// A key may be limited to fewer scopes than its owner's role has.
bool manages(const Principal& actor) {
  const auto& scopes = actor.scopes;
  const bool all =
      scopes.empty() || std::find(scopes.begin(), scopes.end(), "agents:manage") != scopes.end();
  return actor.is_admin() && all;
}

factory::Status check_lease(int seconds) {
  if (seconds >= shortest_lease && seconds <= longest_lease) return Done{};
  return wrong("/lease_ttl_seconds", "must be 5 to 3600");
}

factory::Status check_capabilities(const std::vector<std::string>& capabilities) {
  const std::set<std::string> distinct(capabilities.begin(), capabilities.end());
  if (distinct.size() != capabilities.size()) return wrong("/capabilities", "must not repeat one");
  const bool words = std::all_of(capabilities.begin(), capabilities.end(), is_name);
  if (words) return Done{};
  return wrong("/capabilities", "must each be 1 to 64 of A-Z a-z 0-9 . _ @ -");
}

factory::Status check(const Registered& profile, const Ctx& ctx) {
  if (!is_name(profile.name)) return wrong("/name", std::string(name_form));
  if (profile.name == "me" || profile.name == "system") return wrong("/name", "is a reserved word");
  if (!is_name(profile.kind)) return wrong("/type", std::string(name_form));
  if (const auto known = check_capabilities(profile.capabilities); !known) return known;
  if (const auto length = check_lease(profile.lease_ttl_seconds); !length) return length;
  const Person* const namesake = ctx.people->find(profile.name);
  if (namesake == nullptr || namesake->agent) return Done{};
  return Error{ErrorCode::conflict,
               profile.name + " is a person: an agent needs a name of its own.",
               "Choose another name for the agent.",
               {{"/name", "belongs to a person"}},
               {}};
}

Error gone(const State& state) {
  return refuse(ErrorCode::conflict, "The agent " + state.profile.name + " was deregistered.",
                "Register it again.");
}

/// What has to be written for an agent that went away.
void go_offline(const State& state, Time now, Decision<Event>& decision) {
  decision.events.emplace_back(
      StatusChanged{state.status, Status::offline, "lease_expired", state.holding, now});
  decision.timers.push_back({lease, std::nullopt});
}

void come_online(const State& state, Status to, const char* cause, Time now,
                 Decision<Event>& decision) {
  decision.events.emplace_back(StatusChanged{Status::offline, to, cause, {}, now});
  decision.timers.push_back({lease, now + state.ttl()});
}

struct Decider {
  const State& state;
  const Ctx& ctx;

  Outcome operator()(const Register& command) const {
    switch (state.status) {
      case Status::none:
      case Status::deregistered: break;
      case Status::offline:
      case Status::idle:
      case Status::active:
      case Status::error:
        return refuse(ErrorCode::conflict, "An agent " + state.profile.name + " exists already.",
                      "Change it with PATCH, or choose another name.");
    }
    Registered profile = command.profile;
    if (!speaks_for(ctx.actor, profile.name)) {
      return refuse(ErrorCode::forbidden,
                    ctx.actor.id + " may not register the agent " + profile.name + ".",
                    "An agent registers itself with its own key; others need agents:manage.");
    }
    if (const auto fits = check(profile, ctx); !fits) return fits.error();
    if (profile.owner.empty()) profile.owner = ctx.actor.id;
    profile.by = ctx.actor.id;
    profile.at = ctx.now;
    return one(std::move(profile));
  }

  Outcome operator()(const Update& command) const {
    switch (state.status) {
      case Status::none: return missing(state.profile.name);
      case Status::deregistered: return gone(state);
      case Status::offline:
      case Status::idle:
      case Status::active:
      case Status::error: break;
    }
    if (!manages(ctx.actor)) return not_allowed(ctx.actor, state.profile.name);
    Updated changes = command.changes;
    if (changes.kind && !is_name(*changes.kind)) {
      return wrong("/type", std::string(name_form));
    }
    if (changes.capabilities) {
      if (const auto known = check_capabilities(*changes.capabilities); !known) {
        return known.error();
      }
    }
    if (changes.lease_ttl_seconds) {
      if (const auto length = check_lease(*changes.lease_ttl_seconds); !length) {
        return length.error();
      }
    }
    if (!drop_what_stands(changes)) return nothing();
    changes.by = ctx.actor.id;
    changes.at = ctx.now;
    return one(std::move(changes));
  }

  Outcome operator()(const Deregister& command) const {
    switch (state.status) {
      case Status::none: return missing(state.profile.name);
      case Status::deregistered: return nothing();
      case Status::offline:
      case Status::idle:
      case Status::active:
      case Status::error: break;
    }
    if (!manages(ctx.actor)) return not_allowed(ctx.actor, state.profile.name);
    Outcome outcome = one(Deregistered{ctx.actor.id, command.reason, state.holding, ctx.now});
    outcome->timers.push_back({lease, std::nullopt});
    return outcome;
  }

  Outcome operator()(const Heartbeat& command) const {
    switch (state.status) {
      case Status::none: return missing(state.profile.name);
      case Status::deregistered: return gone(state);
      case Status::offline:
      case Status::idle:
      case Status::active:
      case Status::error: break;
    }
    if (!speaks_for(ctx.actor, state.profile.name))
      return not_allowed(ctx.actor, state.profile.name);
    Decision<Event> decision;
    const bool lapsed = command.lapsed && state.online_since == command.lapsed;
    if (!state.online() || lapsed) {
      if (state.online()) go_offline(state, ctx.now, decision);
      come_online(state, command.to, "heartbeat", ctx.now, decision);
    } else if (command.to != state.status) {
      decision.events.emplace_back(
          StatusChanged{state.status, command.to, "heartbeat", {}, ctx.now});
    }
    return decision;
  }

  Outcome operator()(const LeaseDue& command) const {
    Decision<Event> decision;
    switch (state.status) {
      case Status::none:
      case Status::offline:
      case Status::deregistered: decision.timers.push_back({lease, std::nullopt}); return decision;
      case Status::idle:
      case Status::active:
      case Status::error: break;
    }
    // It came back after whoever looked had seen the lease run out.
    const bool renewed = state.online_since && *state.online_since >= command.ran_out;
    if (command.until || renewed) {
      const Time until = command.until.value_or(ctx.now + state.ttl());
      decision.timers.push_back({lease, until});
    } else {
      go_offline(state, ctx.now, decision);
    }
    return decision;
  }

  Outcome operator()(const TakeUp& command) const {
    Decision<Event> decision;
    switch (state.status) {
      case Status::none:
      case Status::deregistered: return decision;
      case Status::offline:
        come_online(state, Status::active, "work_taken", ctx.now, decision);
        break;
      case Status::idle:
      case Status::active:
      case Status::error: break;
    }
    Item item = command.item;
    item.since = ctx.now;
    if (!holds(item.id)) decision.events.emplace_back(WorkTaken{std::move(item), ctx.now});
    return decision;
  }

  Outcome operator()(const End& command) const {
    switch (state.status) {
      case Status::none:
      case Status::deregistered: return nothing();
      case Status::offline:
      case Status::idle:
      case Status::active:
      case Status::error: break;
    }
    if (!holds(command.id)) return nothing();
    return one(WorkEnded{command.id, command.outcome, ctx.now});
  }

 private:
  static Outcome one(Event event) {
    Decision<Event> decision;
    decision.events.push_back(std::move(event));
    return decision;
  }

  [[nodiscard]] bool holds(const std::string& id) const {
    return std::any_of(state.holding.begin(), state.holding.end(),
                       [&](const Item& item) { return item.id == id; });
  }

  /// Leaves only what differs; false if nothing does.
  [[nodiscard]] bool drop_what_stands(Updated& changes) const {
    const Registered& now = state.profile;
    if (changes.kind == now.kind) changes.kind.reset();
    if (changes.capabilities == now.capabilities) changes.capabilities.reset();
    if (changes.owner == now.owner) changes.owner.reset();
    if (changes.lease_ttl_seconds == now.lease_ttl_seconds) changes.lease_ttl_seconds.reset();
    return changes.kind || changes.capabilities || changes.owner || changes.lease_ttl_seconds;
  }
};

}  // namespace

Error missing(const std::string& name) {
  return refuse(ErrorCode::not_found,
                name.empty() ? "There is no such agent." : "There is no agent " + name + ".",
                "Register it with POST /v1/agents.");
}

Error not_allowed(const Principal& actor, const std::string& name) {
  return refuse(ErrorCode::forbidden, actor.id + " may not speak for the agent " + name + ".",
                "Use the agent's own key, or one with the scope agents:manage.");
}

bool speaks_for(const Principal& actor, const std::string& name) {
  return manages(actor) || (actor.type == ActorType::agent && actor.id == name);
}

Outcome decide(const State& state, const Command& command, const Ctx& ctx) {
  return std::visit(Decider{state, ctx}, command);
}

}  // namespace factory::agent
