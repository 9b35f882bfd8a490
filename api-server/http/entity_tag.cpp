#include "http/entity_tag.hpp"

#include "common/text.hpp"

namespace factory::http {

bool lists_tag(std::string_view field, std::string_view tag) {
  field = trimmed(field);
  if (field == "*") return true;
  while (!field.empty()) {
    if (field.starts_with("W/")) field.remove_prefix(2);
    if (!field.starts_with('"')) return false;
    const std::size_t end = field.find('"', 1);
    if (end == std::string_view::npos) return false;
    if (field.substr(0, end + 1) == tag) return true;
    field = trimmed(field.substr(end + 1));
    if (!field.starts_with(',')) return false;
    field = trimmed(field.substr(1));
  }
  return false;
}

}  // namespace factory::http
