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

inline constexpr std::size_t longest_slug = 100;
inline constexpr std::string_view slug_form =
    "must be 1 to 100 of a-z and 0-9, with single hyphens between them";

/// Whether the text has the form of a slug (`slug_form`).
inline bool is_slug(std::string_view text) {
  if (text.empty() || text.size() > longest_slug || text.front() == '-' || text.back() == '-') {
    return false;
  }
  char before = ' ';
  for (const char c : text) {
    const bool fits = c == '-' ? before != '-' : is_ascii_alnum(c) && ascii_lower(c) == c;
    if (!fits) return false;
    before = c;
  }
  return true;
}

/// A slug made of a name, up to 80 bytes of its ASCII letters and digits, and of the last eight
/// digits of an id, so that things of one name have different ones.
inline std::string make_slug(std::string_view name, std::string_view id) {
  constexpr std::size_t longest_part = 80;
  constexpr std::size_t digits = 8;
  std::string slug;
  for (const char c : name) {
    if (slug.size() == longest_part) break;
    if (is_ascii_alnum(c)) {
      slug += ascii_lower(c);
    } else if (!slug.empty() && slug.back() != '-') {
      slug += '-';
    }
  }
  if (!slug.empty() && slug.back() != '-') slug += '-';
  return slug.append(id.substr(id.size() - std::min(digits, id.size())));
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
