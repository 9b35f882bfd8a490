#pragma once

#include <array>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "domain/decision.hpp"

/// An API key: proves who somebody is. Its owner (`name`) is a person or an agent.
namespace factory::key {

enum class Status { none, active, revoked };

struct Created {
  static constexpr std::string_view type = "key.created";
  std::string name;
  Role role = Role::viewer;
  std::vector<std::string> groups;
  std::string channel = "rest";  ///< rest, mcp, web, discord
  std::string secret_hash;       ///< SHA-256 of the whole token, hex; the token itself is nowhere
  std::string hint;              ///< the token's first characters, to recognise it by
  std::string by;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("name", &Created::name),
                      field("role", &Created::role),
                      field("groups", &Created::groups),
                      field("channel", &Created::channel),
                      field("secret_hash", &Created::secret_hash),
                      field("hint", &Created::hint),
                      field("by", &Created::by),
                      field("at", &Created::at)};
  }
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
using Event = std::variant<Created, Revoked>;

struct State {
  Status status = Status::none;
  Created created;
  std::optional<Revoked> revoked;
};

struct Create {
  Created created;  ///< `at` and `by` are filled by decide
};
struct Revoke {
  std::string reason;
};
using Command = std::variant<Create, Revoke>;

/// Only an owner makes owners and admins; nobody takes away the last owner's key.
Result<Decision<Event>> decide(const State& state, const Command& command, const Ctx& ctx);
State evolve(State state, const Event& event);
View view(const std::string& id, const State& state);  ///< never holds the hash

struct Definition {
  using State = key::State;
  using Command = key::Command;
  using Event = key::Event;
  static constexpr std::string_view kind = "key";
  static constexpr std::string_view prefix = "key";
  static constexpr int view_version = 1;
  static Command timer_fired(const std::string& /*name*/) { return Revoke{}; }
};

}  // namespace factory::key

namespace factory {
template <>
struct EnumNames<key::Status> {
  static constexpr std::array<std::string_view, 3> names{"none", "active", "revoked"};
};
}  // namespace factory
