#pragma once

#include <array>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "domain/decision.hpp"
#include "slices/user/events.hpp"

/// A user: somebody with a name of their own who can sign in. Users are never deleted, only
/// disabled, so that what the trail says of a name stays true.
namespace factory::user {

enum class Status { none, active, disabled };

/// Wrong passwords in a row before the account is locked, for one minute and then twice as long
/// after each further one, up to an hour.
inline constexpr int failures_before_lock = 5;
inline constexpr int longest_lock_minutes = 60;

struct State {
  Status status = Status::none;
  std::string name;
  std::string display_name;
  std::string email;
  Role role = Role::viewer;
  std::vector<std::string> groups;
  Kind kind = Kind::person;
  std::vector<ExternalId> identities;
  std::string sealed_hash;
  int password_number = 0;   ///< how many passwords there were, with this one
  Time sessions_since{};     ///< those that began before are over
  std::string kept_session;  ///< but for this one
  int failures = 0;
  std::optional<Time> locked_until;
  std::vector<Delegated> delegations;  ///< those that were not over when the last one was made
  std::string created_by;
  Time created_at{};
  std::string disabled_by;
  std::string disabled_reason;
  std::optional<Time> disabled_at;

  [[nodiscard]] bool locked(Time now) const { return locked_until && now < *locked_until; }
  [[nodiscard]] bool can_sign_in() const { return !sealed_hash.empty() || !identities.empty(); }
  /// Whether a session that began then is still good.
  [[nodiscard]] bool keeps(const std::string& session, Time began) const {
    return status == Status::active && (began >= sessions_since || session == kept_session);
  }
};

struct Create {
  Created created;  ///< `at` and `by` are filled by decide
};
struct Change {
  Changed changed;
};
struct Disable {
  std::string reason;
};
struct Enable {};
struct SetPassword {
  std::string sealed_hash;
  std::string kept_session;
  /// The number of the password that was shown to be known: refused if another one stands by now.
  std::optional<int> instead_of = std::nullopt;
};
struct NoteFailure {
  std::string address;
};
/// A session begins as this user, or goes on: refused unless the user may. `session_began` is that
/// of a session that goes on.
struct SignIn {
  int password_number = 0;  ///< of the password that was checked; 0: none was
  std::string session;
  std::optional<Time> session_began;
};
struct Delegate {
  Delegated delegated;  ///< `id`, `at` and `by` are filled by decide
};
struct EndDelegation {
  std::string id;
};
using Command = std::variant<Create, Change, Disable, Enable, SetPassword, NoteFailure, SignIn,
                             Delegate, EndDelegation>;

/// Only an owner makes, changes or disables owners and admins; an owner is always left; an agent's
/// role is agent, and only an agent's.
Result<Decision<Event>> decide(const State& state, const Command& command, const Ctx& ctx);
State evolve(State state, const Event& event);
View view(const std::string& id, const State& state);  ///< never holds the hash

inline constexpr std::size_t most_groups = 20;
inline constexpr std::size_t longest_subject = 255;  ///< OpenID Connect Core, section 2
bool has_controls(std::string_view text);
/// No grammar: whoever really wants to know sends a mail to it.
bool is_email(std::string_view text);

/// The stream of the user of this name: the same for every spelling, so that a name is given once.
std::string stream_of(std::string_view name);

struct Definition {
  using State = user::State;
  using Command = user::Command;
  using Event = user::Event;
  static constexpr std::string_view kind = "user";
  static constexpr std::string_view prefix = "user";
  static constexpr int view_version = 1;
  /// A user has no timers: locks and delegations are over when their time is.
  static Command timer_fired(const std::string& /*name*/) { return EndDelegation{}; }
};

}  // namespace factory::user

namespace factory {
template <>
struct EnumNames<user::Status> {
  static constexpr std::array<std::string_view, 3> names{"none", "active", "disabled"};
};
}  // namespace factory
