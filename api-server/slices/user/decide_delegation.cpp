#include <algorithm>

#include "slices/user/decide_parts.hpp"

namespace factory::user {
namespace {

constexpr std::size_t kMostDelegations = 20;
constexpr std::size_t kLongestReason = 500;
constexpr Millis kLongestTime{366LL * 24 * 3'600'000};

/// The person himself, or whoever manages users.
factory::Status may_delegate(const State& state, const Ctx& ctx) {
  if (ctx.actor.type == ActorType::agent) {
    return refuse(ErrorCode::forbidden, ctx.actor.id + " is an agent, and agents never decide.");
  }
  if (state.name == ctx.actor.id) return Done{};
  if (!ctx.actor.is_admin()) {
    return refuse(
        ErrorCode::forbidden,
        "Only " + state.name + " or an admin says who decides in " + state.name + "'s place.",
        "Ask " + state.name + ", or an admin or owner.");
  }
  return may_manage(state.name, state.role, ctx);
}

Error wrong_delegate(std::string detail, std::string hint) {
  Error error = refuse(ErrorCode::unprocessable, detail, std::move(hint));
  error.fields.push_back({"/delegate", std::move(detail)});
  return error;
}

factory::Status check_delegate(const State& state, const std::string& to, const Ctx& ctx) {
  if (to == state.name) {
    return wrong_delegate("Nobody delegates to themselves.", "Name another person.");
  }
  const Person* const person = ctx.people->find(to);
  if (person == nullptr) {
    return wrong_delegate("There is nobody named " + to + ".",
                          "Name an active user or the owner of an active key.");
  }
  if (person->agent) {
    return wrong_delegate(to + " is an agent, and agents never decide.", "Name a person.");
  }
  if (!person->may_decide()) {
    return wrong_delegate("The role of " + to + " does not carry tasks:approve.",
                          "Name an operator, admin or owner.");
  }
  return Done{};
}

factory::Status check_window(const Delegated& wanted, Time now) {
  if (wanted.ends_at <= wanted.starts_at) return wrong("/ends_at", "must be after starts_at");
  if (wanted.ends_at <= now) return wrong("/ends_at", "must be in the future");
  if (wanted.ends_at - wanted.starts_at > kLongestTime) {
    return wrong("/ends_at", "must be within a year of starts_at");
  }
  return Done{};
}

}  // namespace

Outcome delegate(const State& state, const Delegate& command, const Ctx& ctx) {
  Delegated wanted = command.delegated;
  if (wanted.starts_at == Time{}) wanted.starts_at = ctx.now;
  if (factory::Status rights = may_delegate(state, ctx); !rights) return std::move(rights.error());
  if (factory::Status window = check_window(wanted, ctx.now); !window) {
    return std::move(window.error());
  }
  if (wanted.reason.size() > kLongestReason) return wrong("/reason", "must be at most 500 long");
  if (factory::Status person = check_delegate(state, wanted.to, ctx); !person) {
    return std::move(person.error());
  }
  const auto open = std::count_if(state.delegations.begin(), state.delegations.end(),
                                  [&](const Delegated& one) { return one.ends_at > ctx.now; });
  if (static_cast<std::size_t>(open) >= kMostDelegations) {
    return refuse(ErrorCode::conflict, state.name + " has 20 delegations already.",
                  "End one of them first.");
  }
  wanted.id = ctx.ids.make("del");
  wanted.by = ctx.actor.id;
  wanted.at = ctx.now;
  return only(std::move(wanted));
}

Outcome end_delegation(const State& state, const EndDelegation& command, const Ctx& ctx) {
  if (factory::Status rights = may_delegate(state, ctx); !rights) return std::move(rights.error());
  const auto one = std::find_if(state.delegations.begin(), state.delegations.end(),
                                [&](const Delegated& each) { return each.id == command.id; });
  if (one == state.delegations.end()) {
    return refuse(ErrorCode::not_found,
                  "There is no delegation " + command.id + " of " + state.name + ".");
  }
  return only(DelegationEnded{command.id, ctx.actor.id, ctx.now});
}

}  // namespace factory::user
