#pragma once

#include <array>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "domain/decision.hpp"
#include "domain/fields.hpp"

/// What happens to a user. None holds a password: `sealed_hash` is an Argon2id hash, sealed with
/// the server's secret.
namespace factory::user {

enum class Kind { person, agent };

/// Who somebody is elsewhere (OpenID Connect Core, section 5.7: only the pair is unique).
struct ExternalId {
  std::string issuer;
  std::string subject;
  static constexpr auto fields() {
    return std::tuple{field("issuer", &ExternalId::issuer), field("subject", &ExternalId::subject)};
  }
  friend bool operator==(const ExternalId&, const ExternalId&) = default;
};

struct Created {
  static constexpr std::string_view type = "user.created";
  std::string name;
  std::string display_name;
  std::string email;
  Role role = Role::viewer;
  std::vector<std::string> groups;
  Kind kind = Kind::person;
  std::vector<ExternalId> identities;
  std::string sealed_hash;  ///< empty: no password
  std::string by;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("name", &Created::name),
                      field("display_name", &Created::display_name),
                      field("email", &Created::email),
                      field("role", &Created::role),
                      field("groups", &Created::groups),
                      field("kind", &Created::kind),
                      field("identities", &Created::identities),
                      field("sealed_hash", &Created::sealed_hash),
                      field("by", &Created::by),
                      field("at", &Created::at)};
  }
};

/// Only what is there was changed.
struct Changed {
  static constexpr std::string_view type = "user.changed";
  std::optional<std::string> display_name;
  std::optional<std::string> email;
  std::optional<Role> role;
  std::optional<std::vector<std::string>> groups;
  std::optional<std::vector<ExternalId>> identities;
  std::string by;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("display_name", &Changed::display_name),
                      field("email", &Changed::email),
                      field("role", &Changed::role),
                      field("groups", &Changed::groups),
                      field("identities", &Changed::identities),
                      field("by", &Changed::by),
                      field("at", &Changed::at)};
  }
};

struct Disabled {
  static constexpr std::string_view type = "user.disabled";
  std::string by;
  std::string reason;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("by", &Disabled::by), field("reason", &Disabled::reason),
                      field("at", &Disabled::at)};
  }
};

struct Enabled {
  static constexpr std::string_view type = "user.enabled";
  std::string by;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("by", &Enabled::by), field("at", &Enabled::at)};
  }
};

/// Ends every session that began before, but for `kept_session`.
struct PasswordSet {
  static constexpr std::string_view type = "user.password_set";
  std::string sealed_hash;
  std::string kept_session;
  std::string by;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("sealed_hash", &PasswordSet::sealed_hash),
                      field("kept_session", &PasswordSet::kept_session),
                      field("by", &PasswordSet::by), field("at", &PasswordSet::at)};
  }
};

struct LoginFailed {
  static constexpr std::string_view type = "user.login_failed";
  int failures = 0;  ///< in a row
  std::optional<Time> locked_until;
  std::string address;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("failures", &LoginFailed::failures),
                      field("locked_until", &LoginFailed::locked_until),
                      field("address", &LoginFailed::address), field("at", &LoginFailed::at)};
  }
};

/// The right password after wrong ones: the count starts anew.
struct LoginCleared {
  static constexpr std::string_view type = "user.login_cleared";
  Time at{};
  static constexpr auto fields() { return std::tuple{field("at", &LoginCleared::at)}; }
};

/// Out of office: `to` may decide in this person's place from `starts_at` until `ends_at`.
struct Delegated {
  static constexpr std::string_view type = "user.delegated";
  std::string id;
  std::string to;
  Time starts_at{};
  Time ends_at{};
  std::string reason;
  std::string by;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("id", &Delegated::id),
                      field("to", &Delegated::to),
                      field("starts_at", &Delegated::starts_at),
                      field("ends_at", &Delegated::ends_at),
                      field("reason", &Delegated::reason),
                      field("by", &Delegated::by),
                      field("at", &Delegated::at)};
  }
};

struct DelegationEnded {
  static constexpr std::string_view type = "user.delegation_ended";
  std::string id;
  std::string by;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("id", &DelegationEnded::id), field("by", &DelegationEnded::by),
                      field("at", &DelegationEnded::at)};
  }
};

using Event = std::variant<Created, Changed, Disabled, Enabled, PasswordSet, LoginFailed,
                           LoginCleared, Delegated, DelegationEnded>;

}  // namespace factory::user

namespace factory {
template <>
struct EnumNames<user::Kind> {
  static constexpr std::array<std::string_view, 2> names{"person", "agent"};
};
}  // namespace factory
