#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <vector>

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

/// Who does something now: the owner of the key that the request carried.
struct Principal {
  ActorType type = ActorType::system;
  std::string id = "system";  ///< the key's --name; several keys of one name are one person
  std::string channel;        ///< rest, mcp, web, discord; empty for the system itself
  Role role = Role::viewer;
  std::vector<std::string> groups;
  std::string key_id;

  [[nodiscard]] bool is_admin() const {
    return type == ActorType::system || role == Role::owner || role == Role::admin;
  }
};

/// Somebody who holds at least one active key: the union of what the keys give.
struct Person {
  std::string id;
  bool agent = false;
  std::vector<Role> roles;
  std::vector<std::string> groups;

  /// Deciding needs a person whose role carries tasks:approve.
  [[nodiscard]] bool may_decide() const {
    return !agent && std::any_of(roles.begin(), roles.end(), [](Role role) {
      return role == Role::owner || role == Role::admin || role == Role::operator_;
    });
  }
};

/// Everybody who could act, in order of id. A value: a command sees the one of its moment.
struct Directory {
  std::vector<Person> people;

  [[nodiscard]] const Person* find(const std::string& id) const {
    const auto at = std::find_if(people.begin(), people.end(),
                                 [&](const Person& person) { return person.id == id; });
    return at == people.end() ? nullptr : &*at;
  }
};

}  // namespace factory
