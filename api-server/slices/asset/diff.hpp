#pragma once

#include <string>
#include <string_view>

namespace factory::asset {

/// What changed between two texts.
struct TextDiff {
  std::string text;  ///< in the unified format, as `diff -u` and `patch` know it; empty: the same
  int added = 0;     ///< lines
  int removed = 0;
};

/// What a text may be that is compared: beyond that it would take too long or too much memory.
inline constexpr std::size_t kMostDiffBytes = 1U << 20U;
inline constexpr std::size_t kMostDiffLines = 20'000;

/// UTF-8 without zero bytes.
bool is_text(std::string_view bytes);

/// Both texts within the limits above. Lines end in LF; a last line without one is told as
/// "\ No newline at end of file". Where very much differs, it is told as taken away and put in as a
/// whole, which is true and not the shortest.
TextDiff unified_diff(std::string_view before, std::string_view after,
                      const std::string& before_name, const std::string& after_name);

}  // namespace factory::asset
