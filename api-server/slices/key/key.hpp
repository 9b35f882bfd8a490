#pragma once

#include <array>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "domain/decision.hpp"

/// An API key: proves who somebody is. Its owner (`name`) is a person or an agent.
namespace factory::key {

enum class Status { none, active, revoked, expired };

struct Created {
  static constexpr std::string_view type = "key.created";
  std::string name;
  Role role = Role::viewer;
  std::vector<std::string> groups;
  std::string channel = "rest";  ///< rest, mcp, web, discord
  std::string secret_hash;       ///< of the whole token, hex; the token itself is nowhere
  std::string hint;              ///< the token's first characters, to recognise it by
  std::string by;
  Time at{};
  std::vector<std::string> scopes;  ///< empty: all of the role
  std::optional<Time> expires_at;
  /// What `secret_hash` is: 1 SHA-256, as all keys were made before; 2 HMAC-SHA-256 with the
  /// server's secret.
  int hash_version = 1;
  static constexpr auto fields() {
    return std::tuple{field("name", &Created::name),
                      field("role", &Created::role),
                      field("groups", &Created::groups),
                      field("channel", &Created::channel),
                      field("secret_hash", &Created::secret_hash),
                      field("hint", &Created::hint),
                      field("by", &Created::by),
                      field("at", &Created::at),
                      field("scopes", &Created::scopes),
                      field("expires_at", &Created::expires_at),
                      field("hash_version", &Created::hash_version)};
  }
};
/// A new secret for the same key. The old one opens until `overlap_until`.
struct Rotated {
  static constexpr std::string_view type = "key.rotated";
  std::string secret_hash;
  int hash_version = 2;
  Time overlap_until{};
  std::string by;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("secret_hash", &Rotated::secret_hash),
                      field("hash_version", &Rotated::hash_version),
                      field("overlap_until", &Rotated::overlap_until), field("by", &Rotated::by),
                      field("at", &Rotated::at)};
  }
};
struct Expired {
  static constexpr std::string_view type = "key.expired";
  Time at{};
  static constexpr auto fields() { return std::tuple{field("at", &Expired::at)}; }
};
struct Revoked {
  static constexpr std::string_view type = "key.revoked";
  std::string by;
  std::string reason;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("by", &Revoked::by), field("reason", &Revoked::reason),
                      field("at", &Revoked::at)};
  }
};
using Event = std::variant<Created, Revoked, Rotated, Expired>;

/// What a token is checked against.
struct Secret {
  std::string hash;
  int version = 1;
  std::optional<Time> until;  ///< of one that was rotated away
};

struct State {
  Status status = Status::none;
  Created created;
  Secret secret;                  ///< the one that stands
  std::optional<Secret> earlier;  ///< the one before; never older ones
  int rotations = 0;
  std::optional<Rotated> rotated;
  std::optional<Revoked> revoked;
};

struct Create {
  Created created;  ///< `at` and `by` are filled by decide
};
struct Revoke {
  std::string reason;
};
struct Rotate {
  std::string secret_hash;
  int hash_version = 2;
  int overlap_minutes = 0;
};
struct Expire {};
using Command = std::variant<Create, Revoke, Rotate, Expire>;

/// Only an owner makes owners and admins; nobody takes away the last owner's key; a key of limited
/// scopes makes none with more.
Result<Decision<Event>> decide(const State& state, const Command& command, const Ctx& ctx);
State evolve(State state, const Event& event);
View view(const std::string& id, const State& state);  ///< never holds the hash

struct Definition {
  using State = key::State;
  using Command = key::Command;
  using Event = key::Event;
  static constexpr std::string_view kind = "key";
  static constexpr std::string_view prefix = "key";
  static constexpr int view_version = 2;
  static Command timer_fired(const std::string& /*name*/) { return Expire{}; }
};

}  // namespace factory::key

namespace factory {
template <>
struct EnumNames<key::Status> {
  static constexpr std::array<std::string_view, 4> names{"none", "active", "revoked", "expired"};
};
}  // namespace factory
