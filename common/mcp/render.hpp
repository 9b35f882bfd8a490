#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace factory::mcp {

/// The most characters (bytes) that the text and the JSON of one tool result take, each.
inline constexpr std::size_t result_budget = 20'000;

/// Any JSON as an outline for reading: a member "summary" first, then `key: value`, objects
/// indented, a list of objects as one line per item with what names it in front. Every value of
/// `document` is in it. Knows nothing about any tool.
std::string render(const nlohmann::json& document);

/// A problem document (RFC 9457) as a text that says what is wrong, where, and what to do next.
/// Every member of it is in the text.
std::string render_problem(const nlohmann::json& problem);

/// What fit() has done.
struct Cut {
  bool any = false;
  /// How many items are left of the list at the root that lost some: what `limit` would have to be
  /// for a page that fits. 0: no such list was cut.
  std::size_t page_items = 0;
};

/// Shortens `document` until its outline and its JSON both take at most `budget` characters: the
/// longest lists lose whole items from their end, then the longest strings their end. What was
/// taken away, and how to get it, is said in a member "_cut" (objects only). If a list at the root
/// was cut, `next_cursor` becomes null, for it would lead past the items that are missing.
Cut fit(nlohmann::json& document, std::size_t budget);

}  // namespace factory::mcp
