#include "slices/asset/range.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "common/text.hpp"

namespace factory::asset {
namespace {

/// Digits only. A number that is too large for any file is as good as the largest one.
std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [stop, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || stop != text.data() + text.size()) return std::nullopt;
  if (failure == std::errc::result_out_of_range) return UINT64_MAX;
  return failure == std::errc{} ? std::optional(value) : std::nullopt;
}

Range last_bytes(std::uint64_t count, std::uint64_t size) {
  if (count == 0 || size == 0) return {Range::Kind::unsatisfiable, 0, 0};
  const std::uint64_t taken = std::min(count, size);
  return {Range::Kind::part, size - taken, taken};
}

}  // namespace

Range range_of(std::string_view field, std::uint64_t size) {
  const Range whole{Range::Kind::whole, 0, size};
  constexpr std::string_view unit = "bytes=";
  if (field.size() < unit.size() ||
      !std::equal(unit.begin(), unit.end(), field.begin(),
                  [](char a, char b) { return a == b || (a >= 'a' && a <= 'z' && a - 32 == b); })) {
    return whole;
  }
  const std::string_view spec = trimmed(field.substr(unit.size()));
  const std::size_t dash = spec.find('-');
  if (dash == std::string_view::npos || spec.find(',') != std::string_view::npos) return whole;
  const std::string_view from = spec.substr(0, dash);
  const std::string_view to = spec.substr(dash + 1);
  if (from.empty()) {
    const auto count = number(to);
    return count ? last_bytes(*count, size) : whole;
  }
  const auto first = number(from);
  const auto last = to.empty() ? std::optional<std::uint64_t>(UINT64_MAX) : number(to);
  if (!first || !last || *last < *first) return whole;
  if (*first >= size) return {Range::Kind::unsatisfiable, 0, 0};
  return {Range::Kind::part, *first, std::min(*last, size - 1) - *first + 1};
}

}  // namespace factory::asset
