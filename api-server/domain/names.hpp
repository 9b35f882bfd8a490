#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "common/text.hpp"
#include "domain/principal.hpp"

/// What a person, an agent and a group may be called.
namespace factory {

inline constexpr std::size_t longest_name = 64;
inline constexpr std::string_view name_form = "must be 1 to 64 of A-Z a-z 0-9 . _ @ -";

/// Whether the text has the form of a name (`name_form`).
inline bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= longest_name &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return is_ascii_alnum(c) || c == '.' || c == '_' || c == '@' || c == '-';
         });
}

/// "me" stands for whoever asks, "system" for the server itself.
inline bool is_reserved_name(std::string_view text) { return text == "me" || text == "system"; }

/// The one spelling by which names are compared: two that differ in capitals alone are one.
inline std::string normal_name(std::string_view name) { return ascii_lower(name); }

/// Somebody who is called the same but for capitals; nullptr if there is none.
inline const Person* other_spelling(const Directory& people, std::string_view name) {
  const std::string normal = normal_name(name);
  const auto at = std::find_if(
      people.people.begin(), people.people.end(),
      [&](const Person& person) { return person.id != name && normal_name(person.id) == normal; });
  return at == people.people.end() ? nullptr : &*at;
}

/// Owners and admins: only an owner makes, changes or takes away what is theirs.
inline bool leads(Role role) { return role == Role::owner || role == Role::admin; }
inline bool leads(const Person& person) {
  return std::any_of(person.roles.begin(), person.roles.end(),
                     [](Role role) { return leads(role); });
}
inline bool is_owner(const Principal& actor) {
  return actor.type == ActorType::system || actor.role == Role::owner;
}

}  // namespace factory
