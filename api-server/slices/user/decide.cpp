#include <algorithm>
#include <utility>

#include "domain/names.hpp"
#include "slices/user/decide_parts.hpp"

namespace factory::user {
namespace {

/// The name may be that of somebody who has keys already: then it is the same person or agent.
factory::Status check_name(const Created& wanted, const Ctx& ctx) {
  const Person* const known = ctx.people->find(wanted.name);
  const bool agent = wanted.kind == Kind::agent;
  if (known != nullptr && known->agent != agent) {
    return refuse(ErrorCode::conflict,
                  wanted.name + (known->agent ? " is an agent: a person needs a name of their own."
                                              : " is a person: an agent needs a name of its own."),
                  "Choose another name.", {{"/name", "belongs to somebody else"}});
  }
  const Person* const other = other_spelling(*ctx.people, wanted.name);
  if (known == nullptr && other != nullptr) {
    return refuse(ErrorCode::conflict, other->id + " is spelled alike but for capitals.",
                  "Use that spelling for the same person, or another name for another one.",
                  {{"/name", "is too like " + other->id}});
  }
  return Done{};
}

factory::Status check_kind(Kind kind, Role role) {
  if ((kind == Kind::agent) == (role == Role::agent)) return Done{};
  return wrong("/role", kind == Kind::agent ? "must be agent for an agent"
                                            : "must not be agent for a person");
}

factory::Status check_role(Role role, const Ctx& ctx) {
  if (!leads(role) || is_owner(ctx.actor)) return Done{};
  return refuse(ErrorCode::forbidden, "Only an owner makes somebody owner or admin.",
                "Ask an owner, or choose another role.", {{"/role", "needs an owner"}});
}

/// A user's role bounds what the keys of that name give, so with it the last owner could go.
factory::Status an_owner_is_left(const std::string& name, const Ctx& ctx) {
  const Person* const known = ctx.people->find(name);
  const bool is_one = known != nullptr && known->ways_as_owner > 0;
  if (!is_one || ctx.people->ways_as_owner(name) > 0) return Done{};
  return refuse(ErrorCode::conflict, name + " is the last owner.",
                "Make another owner first; without one nobody could manage users.");
}

/// Whoever is limited to some scopes could sign in, or have somebody act, without limits.
factory::Status may_give(const char* what, const Ctx& ctx) {
  if (ctx.actor.scopes.empty()) return Done{};
  return refuse(ErrorCode::forbidden,
                std::string("A key that is limited to some scopes gives nobody ") + what + ".",
                "Use a key without limits.");
}
factory::Status may_give_ways_in(const Ctx& ctx) {
  return may_give("a password or an identity", ctx);
}
/// The roles stand in order, the one that may most first.
factory::Status may_raise(Role from, Role to, const Ctx& ctx) {
  return to < from ? may_give("a role that may more", ctx) : Done{};
}

/// The last owner who signs in at a provider alone.
factory::Status a_way_is_left(const State& state, const Changed& changed, const Ctx& ctx) {
  const bool last_one = changed.identities->empty() && !state.identities.empty() &&
                        state.sealed_hash.empty() && state.role == Role::owner &&
                        state.status == Status::active && ctx.people->ways_as_owner() < 2;
  if (!last_one) return Done{};
  return refuse(ErrorCode::conflict,
                "Nothing else lets an owner in than how " + state.name + " signs in.",
                "Set a password first, or make a key of an owner.");
}

/// Agents have keys alone.
factory::Status check_ways_in(const Created& wanted, const Ctx& ctx) {
  if (wanted.sealed_hash.empty() && wanted.identities.empty()) return Done{};
  if (wanted.kind == Kind::person) return may_give_ways_in(ctx);
  return refuse(ErrorCode::unprocessable, wanted.name + " is an agent, and agents use keys.",
                "Leave out password and identities, and make a key with POST /v1/keys.");
}

Outcome create(const Create& command, const Ctx& ctx) {
  Created created = command.created;
  for (const factory::Status& check :
       {check_words(created), check_kind(created.kind, created.role), check_name(created, ctx),
        check_role(created.role, ctx), may_manage(created.name, Role::viewer, ctx),
        check_ways_in(created, ctx),
        created.role == Role::owner ? Done{} : an_owner_is_left(created.name, ctx)}) {
    if (!check) return check.error();
  }
  created.by = ctx.actor.id;
  created.at = ctx.now;
  return only(std::move(created));
}

template <class T>
void drop_same(std::optional<T>& wanted, const T& present) {
  if (wanted == present) wanted.reset();
}

Outcome change(const State& state, const Change& command, const Ctx& ctx) {
  Changed changed = command.changed;
  drop_same(changed.display_name, state.display_name);
  drop_same(changed.email, state.email);
  drop_same(changed.role, state.role);
  drop_same(changed.groups, state.groups);
  drop_same(changed.identities, state.identities);
  if (factory::Status words = check_words(changed); !words) return std::move(words.error());
  if (factory::Status rights = may_manage(state.name, state.role, ctx); !rights) {
    return std::move(rights.error());
  }
  if (changed.role) {
    for (const factory::Status& check :
         {check_kind(state.kind, *changed.role), check_role(*changed.role, ctx),
          may_raise(state.role, *changed.role, ctx), an_owner_is_left(state.name, ctx)}) {
      if (!check) return check.error();
    }
  }
  if (changed.identities) {
    for (const factory::Status& check :
         {may_give_ways_in(ctx), a_way_is_left(state, changed, ctx)}) {
      if (!check) return check.error();
    }
  }
  const bool nothing = !changed.display_name && !changed.email && !changed.role &&
                       !changed.groups && !changed.identities;
  if (nothing) return Decision<Event>{};
  changed.by = ctx.actor.id;
  changed.at = ctx.now;
  return only(std::move(changed));
}

Outcome disable(const State& state, const Disable& command, const Ctx& ctx) {
  for (const factory::Status& check :
       {may_manage(state.name, state.role, ctx), an_owner_is_left(state.name, ctx)}) {
    if (!check) return check.error();
  }
  return only(Disabled{ctx.actor.id, command.reason, ctx.now});
}

Outcome enable(const State& state, const Ctx& ctx) {
  for (const factory::Status& check :
       {may_manage(state.name, state.role, ctx), may_give("access again", ctx)}) {
    if (!check) return check.error();
  }
  return only(Enabled{ctx.actor.id, ctx.now});
}

Outcome set_password(const State& state, const SetPassword& command, const Ctx& ctx) {
  if (factory::Status rights = may_manage(state.name, state.role, ctx); !rights) {
    return std::move(rights.error());
  }
  if (factory::Status rights = may_give_ways_in(ctx); !rights) return std::move(rights.error());
  if (command.instead_of.value_or(state.password_number) != state.password_number) {
    return refuse(ErrorCode::conflict, "The password was changed meanwhile.",
                  "Sign in again with the one that stands.");
  }
  if (state.kind == Kind::agent) {
    return refuse(ErrorCode::unprocessable, state.name + " is an agent, and agents use keys.",
                  "Make a key for it with POST /v1/keys.");
  }
  return only(PasswordSet{command.sealed_hash, command.kept_session, ctx.actor.id, ctx.now});
}

struct Decider {
  const State& state;
  const Ctx& ctx;

  Outcome operator()(const Create& command) const {
    switch (state.status) {
      case Status::none: return create(command, ctx);
      case Status::active:
      case Status::disabled: break;
    }
    return refuse(ErrorCode::conflict, "There is a user named " + state.name + " already.",
                  "Choose another name, or change that user.", {{"/name", "is taken"}});
  }
  Outcome operator()(const Change& command) const {
    return existing([&] { return change(state, command, ctx); });
  }
  Outcome operator()(const Disable& command) const {
    switch (state.status) {
      case Status::none: return no_such_user();
      case Status::active: return disable(state, command, ctx);
      case Status::disabled: break;
    }
    return Decision<Event>{};
  }
  Outcome operator()(const Enable&) const {
    switch (state.status) {
      case Status::none: return no_such_user();
      case Status::disabled: return enable(state, ctx);
      case Status::active: break;
    }
    return Decision<Event>{};
  }
  Outcome operator()(const SetPassword& command) const {
    return existing([&] { return set_password(state, command, ctx); });
  }
  Outcome operator()(const NoteFailure& command) const {
    return existing([&] { return note_failure(state, command, ctx); });
  }
  Outcome operator()(const SignIn& command) const {
    return existing([&] { return user::sign_in(state, command, ctx); });
  }
  Outcome operator()(const Delegate& command) const {
    switch (state.status) {
      case Status::none: return no_such_user();
      case Status::active: return delegate(state, command, ctx);
      case Status::disabled: break;
    }
    return refuse(ErrorCode::conflict, state.name + " is disabled and decides nothing.",
                  "Enable the user first.");
  }
  Outcome operator()(const EndDelegation& command) const {
    return existing([&] { return end_delegation(state, command, ctx); });
  }

 private:
  template <class Answer>
  Outcome existing(const Answer& answer) const {
    switch (state.status) {
      case Status::none: return no_such_user();
      case Status::active:
      case Status::disabled: break;
    }
    return answer();
  }
};

}  // namespace

Error refuse(ErrorCode code, std::string detail, std::string hint, std::vector<FieldError> fields) {
  return {code, std::move(detail), std::move(hint), std::move(fields), {}};
}

Error wrong(std::string pointer, std::string detail) {
  std::string sentence = "The user's " + pointer.substr(1) + " " + detail + ".";
  return refuse(ErrorCode::invalid_request, std::move(sentence), {},
                {{std::move(pointer), std::move(detail)}});
}

Error no_such_user() { return refuse(ErrorCode::not_found, "There is no such user."); }

Outcome only(Event event) {
  Decision<Event> decision;
  decision.events.push_back(std::move(event));
  return decision;
}

factory::Status may_manage(const std::string& name, Role role, const Ctx& ctx) {
  if (is_owner(ctx.actor) || name == ctx.actor.id) return Done{};
  const Person* const known = ctx.people->find(name);
  if (!leads(role) && (known == nullptr || !leads(*known))) return Done{};
  return refuse(ErrorCode::forbidden,
                "Only an owner changes what belongs to " + name + ", who is an owner or admin.",
                "Ask an owner.");
}

Result<Decision<Event>> decide(const State& state, const Command& command, const Ctx& ctx) {
  return std::visit(Decider{state, ctx}, command);
}

}  // namespace factory::user
