#include <algorithm>
#include <utility>

#include "slices/user/user.hpp"

namespace factory::user {
namespace {

struct Evolver {
  State& state;

  void operator()(const Created& event) const {
    state.status = Status::active;
    state.name = event.name;
    state.display_name = event.display_name;
    state.email = event.email;
    state.role = event.role;
    state.groups = event.groups;
    state.kind = event.kind;
    state.identities = event.identities;
    state.sealed_hash = event.sealed_hash;
    state.password_number = event.sealed_hash.empty() ? 0 : 1;
    state.created_by = event.by;
    state.created_at = event.at;
  }
  void operator()(const Changed& event) const {
    if (event.display_name) state.display_name = *event.display_name;
    if (event.email) state.email = *event.email;
    if (event.role) state.role = *event.role;
    if (event.groups) state.groups = *event.groups;
    if (event.identities) state.identities = *event.identities;
  }
  void operator()(const Disabled& event) const {
    state.status = Status::disabled;
    state.disabled_by = event.by;
    state.disabled_reason = event.reason;
    state.disabled_at = event.at;
    end_sessions(event.at, {});
  }
  void operator()(const Enabled&) const {
    state.status = Status::active;
    state.disabled_by.clear();
    state.disabled_reason.clear();
    state.disabled_at.reset();
    clear_failures();
  }
  void operator()(const PasswordSet& event) const {
    state.sealed_hash = event.sealed_hash;
    ++state.password_number;
    end_sessions(event.at, event.kept_session);
    clear_failures();
  }
  void operator()(const LoginFailed& event) const {
    state.failures = event.failures;
    state.locked_until = event.locked_until;
  }
  void operator()(const LoginCleared&) const { clear_failures(); }
  void operator()(const Delegated& event) const {
    std::erase_if(state.delegations, [&](const Delegated& one) { return one.ends_at <= event.at; });
    state.delegations.push_back(event);
  }
  void operator()(const DelegationEnded& event) const {
    std::erase_if(state.delegations, [&](const Delegated& one) { return one.id == event.id; });
  }

 private:
  void end_sessions(Time at, const std::string& kept) const {
    state.sessions_since = at;
    state.kept_session = kept;
  }
  void clear_failures() const {
    state.failures = 0;
    state.locked_until.reset();
  }
};

}  // namespace

State evolve(State state, const Event& event) {
  std::visit(Evolver{state}, event);
  return state;
}

}  // namespace factory::user
