#include <algorithm>
#include <set>

#include "common/text.hpp"
#include "domain/names.hpp"
#include "slices/user/decide_parts.hpp"

namespace factory::user {
namespace {

constexpr std::size_t kLongestText = 200;
constexpr std::size_t kMostIdentities = 10;

factory::Status check_display_name(const std::string& text) {
  if (code_points(text) > kLongestText) return wrong("/display_name", "must be at most 200 long");
  if (has_controls(text)) return wrong("/display_name", "must hold no control characters");
  return Done{};
}

factory::Status check_email(const std::string& text) {
  if (text.empty() || is_email(text)) return Done{};
  return wrong("/email", "must look like a@b.example");
}

factory::Status check_groups(const std::vector<std::string>& groups) {
  if (groups.size() > most_groups) return wrong("/groups", "must be at most 20");
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (!is_name(groups[i])) return wrong("/groups/" + std::to_string(i), std::string(name_form));
  }
  if (std::set<std::string>(groups.begin(), groups.end()).size() != groups.size()) {
    return wrong("/groups", "must not repeat a group");
  }
  return Done{};
}

factory::Status check_identities(const std::vector<ExternalId>& identities) {
  if (identities.size() > kMostIdentities) return wrong("/identities", "must be at most 10");
  for (std::size_t i = 0; i < identities.size(); ++i) {
    const ExternalId& one = identities[i];
    const std::string pointer = "/identities/" + std::to_string(i);
    if (one.issuer.empty() || one.issuer.size() > kLongestText || has_controls(one.issuer)) {
      return wrong(pointer + "/issuer", "must be 1 to 200 long");
    }
    if (one.subject.empty() || one.subject.size() > longest_subject || has_controls(one.subject)) {
      return wrong(pointer + "/subject", "must be 1 to 255 long");
    }
    if (std::count(identities.begin(), identities.end(), one) > 1) {
      return wrong(pointer, "must not be repeated");
    }
  }
  return Done{};
}

}  // namespace

bool has_controls(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool is_email(std::string_view text) {
  const std::size_t at = text.find('@');
  return text.size() <= kLongestText && at != std::string_view::npos && at > 0 &&
         at + 1 < text.size() && text.find('@', at + 1) == std::string_view::npos &&
         text.find_first_of(" <>,;\"") == std::string_view::npos && !has_controls(text);
}

factory::Status check_words(const Created& wanted) {
  if (!is_name(wanted.name)) return wrong("/name", std::string(name_form));
  if (is_reserved_name(wanted.name)) return wrong("/name", "is a reserved word");
  for (const factory::Status& check :
       {check_display_name(wanted.display_name), check_email(wanted.email),
        check_groups(wanted.groups), check_identities(wanted.identities)}) {
    if (!check) return check.error();
  }
  return Done{};
}

factory::Status check_words(const Changed& wanted) {
  for (const factory::Status& check :
       {wanted.display_name ? check_display_name(*wanted.display_name) : Done{},
        wanted.email ? check_email(*wanted.email) : Done{},
        wanted.groups ? check_groups(*wanted.groups) : Done{},
        wanted.identities ? check_identities(*wanted.identities) : Done{}}) {
    if (!check) return check.error();
  }
  return Done{};
}

}  // namespace factory::user
