#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "common/clock.hpp"
#include "domain/fields.hpp"

namespace factory {

enum class Role { owner, admin, operator_, viewer, agent };
template <>
struct EnumNames<Role> {
  static constexpr std::array<std::string_view, 5> names{"owner", "admin", "operator", "viewer",
                                                         "agent"};
};

enum class ActorType { person, agent, system };
template <>
struct EnumNames<ActorType> {
  static constexpr std::array<std::string_view, 3> names{"person", "agent", "system"};
};

/// Who does something now: the owner of the key, or the user of the session, that the request
/// carried.
struct Principal {
  ActorType type = ActorType::system;
  std::string id = "system";  ///< a name; several keys and the user of one name are one person
  std::string channel;        ///< rest, mcp, web, discord; empty for the system itself
  Role role = Role::viewer;
  std::vector<std::string> groups;
  std::string key_id = {};               ///< empty: a session, or the system
  std::vector<std::string> scopes = {};  ///< empty: all that the role has; else only these of them
  std::string session_id = {};           ///< empty: a key, or the system
  std::optional<Time> expires_at = {};   ///< until when what the request carried is valid
  int key_secret = 0;                    ///< which of the key's secrets opened: the first is 0

  [[nodiscard]] bool is_admin() const {
    return type == ActorType::system || role == Role::owner || role == Role::admin;
  }
};

/// Somebody who holds an active key or is an active user: the union of what those give.
struct Person {
  std::string id;
  bool agent = false;
  std::vector<Role> roles;
  std::vector<std::string> groups;
  /// Of the keys and the user that this is, those that let an owner in for good and with every
  /// scope.
  int ways_as_owner = 0;

  /// Deciding needs a person whose role carries tasks:approve.
  [[nodiscard]] bool may_decide() const {
    return !agent && std::any_of(roles.begin(), roles.end(), [](Role role) {
      return role == Role::owner || role == Role::admin || role == Role::operator_;
    });
  }
};

/// Another who may decide in `from`'s place; both stand in the trail.
struct Delegation {
  std::string from;
  std::string to;
  static constexpr auto fields() {
    return std::tuple{field("from", &Delegation::from), field("to", &Delegation::to)};
  }
  friend bool operator==(const Delegation&, const Delegation&) = default;
};

/// Everybody who could act, in order of id. A value: a command sees the one of its moment.
struct Directory {
  std::vector<Person> people;
  std::vector<Delegation> delegations = {};  ///< of those who are away, in force at this moment

  [[nodiscard]] const Person* find(const std::string& id) const {
    const auto at = std::find_if(people.begin(), people.end(),
                                 [&](const Person& person) { return person.id == id; });
    return at == people.end() ? nullptr : &*at;
  }

  /// How many ways in owners have. Those of one name can be left out.
  [[nodiscard]] int ways_as_owner(const std::string& without = {}) const {
    int ways = 0;
    for (const Person& person : people) ways += person.id == without ? 0 : person.ways_as_owner;
    return ways;
  }
};

}  // namespace factory
