#include "common/json_order.hpp"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

namespace factory {
namespace {

using nlohmann::json;

// Wide enough to hold every 64-bit integer and every double exactly, so numbers of different
// kinds compare without rounding.
using Wide = long double;
static_assert(std::numeric_limits<Wide>::digits >= 64);

Wide number(const json& value) {
  if (value.is_number_unsigned()) return static_cast<Wide>(value.get<std::uint64_t>());
  if (value.is_number_integer()) return static_cast<Wide>(value.get<std::int64_t>());
  return static_cast<Wide>(value.get<double>());
}

template <class T>
std::weak_ordering order(const T& left, const T& right) {
  if (left < right) return std::weak_ordering::less;
  return right < left ? std::weak_ordering::greater : std::weak_ordering::equivalent;
}

std::weak_ordering order_strings(const std::string& left, const std::string& right) {
  return order(left.compare(right), 0);
}

std::weak_ordering order_arrays(const json::array_t& left, const json::array_t& right) {
  for (std::size_t i = 0; i < std::min(left.size(), right.size()); ++i) {
    if (const auto result = order_json(left[i], right[i]); result != 0) return result;
  }
  return order(left.size(), right.size());
}

std::weak_ordering order_objects(const json::object_t& left, const json::object_t& right) {
  auto a = left.begin();
  for (auto b = right.begin(); a != left.end() && b != right.end(); ++a, ++b) {
    if (const auto result = order_strings(a->first, b->first); result != 0) return result;
    if (const auto result = order_json(a->second, b->second); result != 0) return result;
  }
  return order(left.size(), right.size());
}

/// One rank for all kinds of numbers.
int rank(const json& value) {
  return static_cast<int>(value.is_number() ? json::value_t::number_float : value.type());
}

}  // namespace

std::weak_ordering order_json(const json& left, const json& right) {
  if (rank(left) != rank(right)) return order(rank(left), rank(right));
  if (left.is_number()) return order(number(left), number(right));
  switch (left.type()) {
    case json::value_t::string:
      return order_strings(left.get_ref<const std::string&>(), right.get_ref<const std::string&>());
    case json::value_t::boolean: return order(left.get<bool>(), right.get<bool>());
    case json::value_t::array:
      return order_arrays(left.get_ref<const json::array_t&>(),
                          right.get_ref<const json::array_t&>());
    case json::value_t::object:
      return order_objects(left.get_ref<const json::object_t&>(),
                           right.get_ref<const json::object_t&>());
    default:  // null, and what parsing never gives
      return std::weak_ordering::equivalent;
  }
}

}  // namespace factory
