#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "slices/key/key.hpp"

namespace factory::key {
namespace {

using Outcome = Result<Decision<Event>>;

constexpr std::size_t kLongestName = 64;
constexpr std::size_t kMostGroups = 20;
constexpr std::array<std::string_view, 4> kChannels{"rest", "mcp", "web", "discord"};

Error refuse(ErrorCode code, std::string detail, std::string hint = {},
             std::vector<FieldError> fields = {}) {
  return {code, std::move(detail), std::move(hint), std::move(fields), {}};
}

Error wrong(std::string pointer, std::string detail) {
  std::string sentence = "The key's " + pointer.substr(1) + " " + detail + ".";
  return refuse(ErrorCode::invalid_request, std::move(sentence), {},
                {{std::move(pointer), std::move(detail)}});
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kLongestName &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  c == '.' || c == '_' || c == '@' || c == '-';
         });
}

bool leads(Role role) { return role == Role::owner || role == Role::admin; }

bool is_owner(const Principal& actor) {
  return actor.type == ActorType::system || actor.role == Role::owner;
}

/// What a name, a group and a channel look like.
factory::Status check_words(const Created& wanted) {
  constexpr std::string_view form = "must be 1 to 64 of A-Z a-z 0-9 . _ @ -";
  if (!is_name(wanted.name)) return wrong("/name", std::string(form));
  // "me" stands for whoever asks, "system" for the server itself.
  if (wanted.name == "me" || wanted.name == "system") return wrong("/name", "is a reserved word");
  if (wanted.groups.size() > kMostGroups) return wrong("/groups", "must be at most 20");
  for (std::size_t i = 0; i < wanted.groups.size(); ++i) {
    if (!is_name(wanted.groups[i])) {
      return wrong("/groups/" + std::to_string(i), std::string(form));
    }
  }
  const std::set<std::string> distinct(wanted.groups.begin(), wanted.groups.end());
  if (distinct.size() != wanted.groups.size()) return wrong("/groups", "must not repeat a group");
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
  if (is_owner(ctx.actor)) return Done{};
  if (leads(wanted.role)) {
    return refuse(ErrorCode::forbidden, "Only an owner makes keys of owners and admins.",
                  "Ask an owner, or choose another role.", {{"/role", "needs an owner"}});
  }
  if (known != nullptr && known->id != ctx.actor.id &&
      std::any_of(known->roles.begin(), known->roles.end(), leads)) {
    return refuse(
        ErrorCode::forbidden,
        "Only an owner makes further keys for " + known->id + ", who is an owner or admin.",
        "Ask an owner, or choose another name.", {{"/name", "needs an owner"}});
  }
  return Done{};
}

long owner_keys(const Directory& people) {
  long count = 0;
  for (const Person& person : people.people) {
    count += std::count(person.roles.begin(), person.roles.end(), Role::owner);
  }
  return count;
}

Outcome create(const Create& command, const Ctx& ctx) {
  Created created = command.created;
  if (factory::Status words = check_words(created); !words) return std::move(words.error());
  if (factory::Status rights = check_rights(created, ctx); !rights)
    return std::move(rights.error());
  created.by = ctx.actor.id;
  created.at = ctx.now;
  Decision<Event> decision;
  decision.events.emplace_back(std::move(created));
  return decision;
}

Outcome revoke(const State& state, const Revoke& command, const Ctx& ctx) {
  const Created& key = state.created;
  if (leads(key.role) && !is_owner(ctx.actor) && key.name != ctx.actor.id) {
    return refuse(ErrorCode::forbidden,
                  "Only an owner revokes a key of " + key.name + ", who is an owner or admin.",
                  "Ask an owner.");
  }
  if (key.role == Role::owner && owner_keys(*ctx.people) < 2) {
    return refuse(ErrorCode::conflict, "This is the last key of an owner.",
                  "Create another owner's key first; without one nobody could manage keys.");
  }
  Decision<Event> decision;
  decision.events.emplace_back(Revoked{ctx.actor.id, command.reason, ctx.now});
  return decision;
}

struct Decider {
  const State& state;
  const Ctx& ctx;

  Outcome operator()(const Create& command) const {
    switch (state.status) {
      case Status::none: return create(command, ctx);
      case Status::active:
      case Status::revoked: break;
    }
    return refuse(ErrorCode::conflict, "This key exists already.");
  }

  Outcome operator()(const Revoke& command) const {
    switch (state.status) {
      case Status::none: return refuse(ErrorCode::not_found, "There is no such key.");
      case Status::active: return revoke(state, command, ctx);
      case Status::revoked: break;
    }
    return Decision<Event>{};
  }
};

}  // namespace

Result<Decision<Event>> decide(const State& state, const Command& command, const Ctx& ctx) {
  return std::visit(Decider{state, ctx}, command);
}

}  // namespace factory::key
