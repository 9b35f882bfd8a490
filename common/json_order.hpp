#pragma once

#include <compare>
#include <nlohmann/json_fwd.hpp>

namespace factory {

/// A total order over JSON values in which equal means what JSON Schema calls equal: numbers by
/// their mathematical value (1 is 1.0, and -1 is not 18446744073709551615), objects without
/// regard to the order of their members. Thread-safe; recurses as deep as the values do.
std::weak_ordering order_json(const nlohmann::json& left, const nlohmann::json& right);

inline bool equal_json(const nlohmann::json& left, const nlohmann::json& right) {
  return order_json(left, right) == std::weak_ordering::equivalent;
}

}  // namespace factory
