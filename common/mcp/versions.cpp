#include "common/mcp/versions.hpp"

#include <algorithm>
#include <array>

namespace factory::mcp {
namespace {

// In the order of the members of Revision.
constexpr std::array<Revision, 5> table{{
    {"2024-11-05", false, false, false, false, false, false, false, false},
    {"2025-03-26", false, true, true, false, false, false, false, false},
    {"2025-06-18", false, false, true, true, false, false, false, false},
    {"2025-11-25", false, false, true, true, true, true, true, false},
    {"2026-07-28", true, false, true, true, true, true, true, true},
}};

}  // namespace

std::span<const Revision> revisions() { return table; }

const Revision* find_revision(std::string_view name) {
  const auto* found = std::ranges::find(table, name, &Revision::name);
  return found == table.end() ? nullptr : found;
}

const Revision& latest_legacy() { return table[table.size() - 2]; }

const Revision& modern_revision() { return table.back(); }

std::vector<std::string> modern_names() {
  std::vector<std::string> names;
  for (const Revision& revision : table) {
    if (revision.modern) names.insert(names.begin(), std::string(revision.name));
  }
  return names;
}

}  // namespace factory::mcp
