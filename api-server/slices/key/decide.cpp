#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "domain/names.hpp"
#include "slices/key/key.hpp"

namespace factory::key {
namespace {

using Outcome = Result<Decision<Event>>;

constexpr std::size_t kMostGroups = 20;
constexpr std::size_t kMostScopes = 50;
constexpr int kLongestOverlap = 7 * 24 * 60;
constexpr std::array<std::string_view, 4> kChannels{"rest", "mcp", "web", "discord"};
constexpr const char* kExpiry = "expiry";

Error refuse(ErrorCode code, std::string detail, std::string hint = {},
             std::vector<FieldError> fields = {}) {
  return {code, std::move(detail), std::move(hint), std::move(fields), {}};
}

Error wrong(std::string pointer, std::string detail) {
  std::string sentence = "The key's " + pointer.substr(1) + " " + detail + ".";
  return refuse(ErrorCode::invalid_request, std::move(sentence), {},
                {{std::move(pointer), std::move(detail)}});
}

bool repeats(const std::vector<std::string>& words) {
  return std::set<std::string>(words.begin(), words.end()).size() != words.size();
}

/// What a name, a group, a scope and a channel look like.
factory::Status check_words(const Created& wanted) {
  if (!is_name(wanted.name)) return wrong("/name", std::string(name_form));
  if (is_reserved_name(wanted.name)) return wrong("/name", "is a reserved word");
  if (wanted.groups.size() > kMostGroups) return wrong("/groups", "must be at most 20");
  for (std::size_t i = 0; i < wanted.groups.size(); ++i) {
    if (!is_name(wanted.groups[i])) {
      return wrong("/groups/" + std::to_string(i), std::string(name_form));
    }
  }
  if (repeats(wanted.groups)) return wrong("/groups", "must not repeat a group");
  if (wanted.scopes.size() > kMostScopes) return wrong("/scopes", "must be at most 50");
  if (repeats(wanted.scopes)) return wrong("/scopes", "must not repeat a scope");
  if (std::find(kChannels.begin(), kChannels.end(), wanted.channel) == kChannels.end()) {
    return wrong("/channel", "must be one of rest, mcp, web, discord");
  }
  return Done{};
}

/// A key speaks for its owner, so who gives one away must stand as high as its owner does.
factory::Status check_rights(const Created& wanted, const Ctx& ctx) {
  const Person* const known = ctx.people->find(wanted.name);
  if (known != nullptr && known->agent != (wanted.role == Role::agent)) {
    return refuse(ErrorCode::conflict,
                  wanted.name + (known->agent ? " is an agent: a person needs a name of their own."
                                              : " is a person: an agent needs a name of its own."),
                  "Choose another name for this key.", {{"/name", "belongs to somebody else"}});
  }
  if (const Person* const other = other_spelling(*ctx.people, wanted.name);
      known == nullptr && other != nullptr) {
    return refuse(ErrorCode::conflict, other->id + " is spelled alike but for capitals.",
                  "Use that spelling for the same person, or another name for another one.",
                  {{"/name", "is too like " + other->id}});
  }
  if (is_owner(ctx.actor)) return Done{};
  if (leads(wanted.role)) {
    return refuse(ErrorCode::forbidden, "Only an owner makes keys of owners and admins.",
                  "Ask an owner, or choose another role.", {{"/role", "needs an owner"}});
  }
  if (known != nullptr && known->id != ctx.actor.id && leads(*known)) {
    return refuse(
        ErrorCode::forbidden,
        "Only an owner makes further keys for " + known->id + ", who is an owner or admin.",
        "Ask an owner, or choose another name.", {{"/name", "needs an owner"}});
  }
  return Done{};
}

/// What is limited cannot make something that is less so.
factory::Status check_scopes(const Created& wanted, const Principal& actor) {
  if (actor.scopes.empty()) return Done{};
  const auto has = [&](const std::string& scope) {
    return std::find(actor.scopes.begin(), actor.scopes.end(), scope) != actor.scopes.end();
  };
  if (!wanted.scopes.empty() && std::all_of(wanted.scopes.begin(), wanted.scopes.end(), has)) {
    return Done{};
  }
  return refuse(ErrorCode::forbidden,
                "A key that is limited to some scopes makes only keys that are limited to these.",
                "Name `scopes` that your own key has, or use a key without limits.",
                {{"/scopes", "goes beyond those of your own key"}});
}

Outcome create(const Create& command, const Ctx& ctx) {
  Created created = command.created;
  if (factory::Status words = check_words(created); !words) return std::move(words.error());
  if (created.expires_at && *created.expires_at <= ctx.now) {
    return wrong("/expires_at", "must be in the future");
  }
  if (factory::Status rights = check_rights(created, ctx); !rights)
    return std::move(rights.error());
  if (factory::Status scopes = check_scopes(created, ctx.actor); !scopes) {
    return std::move(scopes.error());
  }
  created.by = ctx.actor.id;
  created.at = ctx.now;
  Decision<Event> decision;
  if (created.expires_at) decision.timers.push_back({kExpiry, created.expires_at});
  decision.events.emplace_back(std::move(created));
  return decision;
}

bool may_change(const Created& key, const Principal& actor) {
  return !leads(key.role) || is_owner(actor) || key.name == actor.id;
}

Outcome revoke(const State& state, const Revoke& command, const Ctx& ctx) {
  const Created& key = state.created;
  if (!may_change(key, ctx.actor)) {
    return refuse(ErrorCode::forbidden,
                  "Only an owner revokes a key of " + key.name + ", who is an owner or admin.",
                  "Ask an owner.");
  }
  // One that is limited, ends by itself, or is of somebody who is no owner any more lets none in.
  const Person* const known = ctx.people->find(key.name);
  const bool counts = key.role == Role::owner && key.scopes.empty() && !key.expires_at &&
                      known != nullptr && known->ways_as_owner > 0;
  if (counts && ctx.people->ways_as_owner() < 2) {
    return refuse(ErrorCode::conflict, "This is the last key of an owner.",
                  "Create another owner's key first; without one nobody could manage keys.");
  }
  Decision<Event> decision;
  decision.events.emplace_back(Revoked{ctx.actor.id, command.reason, ctx.now});
  if (key.expires_at) decision.timers.push_back({kExpiry, std::nullopt});
  return decision;
}

Outcome rotate(const State& state, const Rotate& command, const Ctx& ctx) {
  const Created& key = state.created;
  if (!may_change(key, ctx.actor)) {
    return refuse(ErrorCode::forbidden,
                  "Only an owner rotates a key of " + key.name + ", who is an owner or admin.",
                  "Ask an owner.");
  }
  // The new secret would be in the hands of whoever rotates: it is as if he made the key.
  if (factory::Status scopes = check_scopes(key, ctx.actor); !scopes) {
    return std::move(scopes.error());
  }
  if (!is_owner(ctx.actor) && key.name != ctx.actor.id) {
    const Person* const known = ctx.people->find(key.name);
    if (known != nullptr && leads(*known)) {
      return refuse(ErrorCode::forbidden,
                    "Only an owner rotates a key of " + key.name + ", who is an owner or admin.",
                    "Ask an owner.");
    }
  }
  if (command.overlap_minutes < 0 || command.overlap_minutes > kLongestOverlap) {
    return wrong("/overlap_minutes", "must be 0 to 10080, a week");
  }
  Decision<Event> decision;
  decision.events.emplace_back(Rotated{command.secret_hash, command.hash_version,
                                       ctx.now + Millis{command.overlap_minutes * 60'000LL},
                                       ctx.actor.id, ctx.now});
  return decision;
}

Outcome expire(const State& state, const Ctx& ctx) {
  Decision<Event> decision;
  const auto due = state.created.expires_at;
  const bool over = due && *due <= ctx.now;
  if (over) decision.events.emplace_back(Expired{ctx.now});
  decision.timers.push_back({kExpiry, over ? std::nullopt : due});
  return decision;
}

/// A timer that has nothing to do any more.
Outcome no_expiry() {
  Decision<Event> decision;
  decision.timers.push_back({kExpiry, std::nullopt});
  return decision;
}

Error no_such_key() { return refuse(ErrorCode::not_found, "There is no such key."); }

struct Decider {
  const State& state;
  const Ctx& ctx;

  Outcome operator()(const Create& command) const {
    switch (state.status) {
      case Status::none: return create(command, ctx);
      case Status::active:
      case Status::revoked:
      case Status::expired: break;
    }
    return refuse(ErrorCode::conflict, "This key exists already.");
  }

  Outcome operator()(const Revoke& command) const {
    switch (state.status) {
      case Status::none: return no_such_key();
      case Status::active: return revoke(state, command, ctx);
      case Status::revoked:
      case Status::expired: break;
    }
    return Decision<Event>{};
  }

  Outcome operator()(const Rotate& command) const {
    switch (state.status) {
      case Status::none: return no_such_key();
      case Status::active: return rotate(state, command, ctx);
      case Status::revoked:
      case Status::expired: break;
    }
    return refuse(ErrorCode::conflict,
                  "This key is " + std::string(name_of(state.status)) + " and opens nothing.",
                  "Make a new key instead.");
  }

  Outcome operator()(const Expire&) const {
    switch (state.status) {
      case Status::active: return expire(state, ctx);
      case Status::none:
      case Status::revoked:
      case Status::expired: break;
    }
    return no_expiry();
  }
};

}  // namespace

Result<Decision<Event>> decide(const State& state, const Command& command, const Ctx& ctx) {
  return std::visit(Decider{state, ctx}, command);
}

}  // namespace factory::key
