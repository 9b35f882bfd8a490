#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "common/clock.hpp"
#include "common/json_order.hpp"
#include "common/schema.hpp"
#include "common/schema_words.hpp"
#include "common/text.hpp"

namespace factory {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxErrors = 20;

const json* find(const json& schema, std::string_view keyword) {
  const auto& members = schema.get_ref<const json::object_t&>();
  const auto found = members.find(keyword);
  return found == members.end() ? nullptr : &found->second;
}

bool is_whole(const json& value) {
  if (!value.is_number_float()) return value.is_number();
  const double number = value.get<double>();
  return std::isfinite(number) && std::trunc(number) == number;
}

bool has_type(const json& value, std::string_view type) {
  if (type == "string") return value.is_string();
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "boolean") return value.is_boolean();
  if (type == "integer") return is_whole(value);
  if (type == "number") return value.is_number();
  return type == "null" && value.is_null();
}

bool matches_type(const json& type, const json& value) {
  if (type.is_string()) return has_type(value, type.get_ref<const std::string&>());
  return std::any_of(type.begin(), type.end(), [&](const json& one) {
    return has_type(value, one.get_ref<const std::string&>());
  });
}

/// One walk of a schema and a value side by side.
class Walk {
 public:
  Walk(std::string_view base, std::size_t limit) : path_(base), limit_(limit) {}

  void check(const json& schema, const json& value) {
    if (full() || schema.is_null()) return;
    const json* const type = find(schema, "type");
    if (type != nullptr && !matches_type(*type, value)) {
      add("expected " + type_words(*type) + ", got " + kind_word(value));
      return;  // the other keywords would only say the same again
    }
    check_choice(schema, value);
    check_any_of(schema, value);
    if (value.is_object()) check_object(schema, value);
    if (value.is_array()) check_array(schema, value);
    if (value.is_string()) check_string(schema, value.get_ref<const std::string&>());
    if (value.is_number()) check_number(schema, value);
  }

  [[nodiscard]] bool passed() const { return errors_.empty(); }
  std::vector<FieldError> take() { return std::move(errors_); }

 private:
  void check_choice(const json& schema, const json& value) {
    if (const json* const fixed = find(schema, "const"); fixed && !equal_json(*fixed, value)) {
      add("expected " + value_word(*fixed));
    }
    const json* const choices = find(schema, "enum");
    if (choices == nullptr) return;
    const bool known = std::any_of(choices->begin(), choices->end(),
                                   [&](const json& choice) { return equal_json(choice, value); });
    if (!known) add(choice_words(*choices, value));
  }

  void check_any_of(const json& schema, const json& value) {
    const json* const branches = find(schema, "anyOf");
    if (branches == nullptr) return;
    std::vector<FieldError> nearest_errors;
    std::size_t near = 0;
    for (const json& branch : *branches) {
      Walk walk(path_, limit_);
      walk.check(branch, value);
      if (walk.passed()) return;
      // A branch that already fails here, and not further inside, was not the one that was meant.
      std::vector<FieldError> errors = walk.take();
      if (std::any_of(errors.begin(), errors.end(),
                      [&](const FieldError& error) { return error.pointer == path_; })) {
        continue;
      }
      ++near;
      nearest_errors = std::move(errors);
    }
    if (near != 1) return add("expected " + branch_words(*branches));
    for (FieldError& error : nearest_errors) push(std::move(error));
  }

  void check_object(const json& schema, const json& value) {
    check_count(schema, "minProperties", "maxProperties", value.size(), "field");
    const json* const properties = find(schema, "properties");
    if (const json* const required = find(schema, "required")) {
      check_required(*required, properties, value);
    }
    const json* const further = find(schema, "additionalProperties");
    for (const auto& [name, member] : value.get_ref<const json::object_t&>()) {
      if (full()) return;
      const PointerStep step(path_, name);
      const json* const known = properties == nullptr ? nullptr : find(*properties, name);
      if (known != nullptr) {
        check(*known, member);
      } else if (further != nullptr && further->is_boolean()) {
        if (!further->get<bool>()) add(unknown_words(name, properties));
      } else if (further != nullptr) {
        check(*further, member);
      }
    }
  }

  void check_required(const json& required, const json* properties, const json& value) {
    for (const json& entry : required) {
      const auto& name = entry.get_ref<const std::string&>();
      if (value.contains(name)) continue;
      const json* const known = properties == nullptr ? nullptr : find(*properties, name);
      const PointerStep step(path_, name);
      add("is missing" + expectation(known));
    }
  }

  void check_array(const json& schema, const json& value) {
    check_count(schema, "minItems", "maxItems", value.size(), "item");
    if (const json* const unique = find(schema, "uniqueItems"); unique && unique->get<bool>()) {
      check_unique(value);
    }
    const json* const items = find(schema, "items");
    for (std::size_t i = 0; items != nullptr && i < value.size() && !full(); ++i) {
      const PointerStep step(path_, std::to_string(i));
      check(*items, value[i]);
    }
  }

  /// Sorts references: comparing every pair would let a long array hold up the server.
  void check_unique(const json& value) {
    std::vector<const json*> sorted;
    sorted.reserve(value.size());
    for (const json& item : value) sorted.push_back(&item);
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const json* a, const json* b) { return order_json(*a, *b) < 0; });
    const auto twin =
        std::adjacent_find(sorted.begin(), sorted.end(),
                           [](const json* a, const json* b) { return equal_json(*a, *b); });
    if (twin == sorted.end()) return;
    const auto first = std::to_string(*twin - &value.front());
    const auto second = std::to_string(*(twin + 1) - &value.front());
    const PointerStep step(path_, second);
    add("is the same as item " + first + "; every item must differ");
  }

  void check_string(const json& schema, const std::string& value) {
    if (find(schema, "minLength") != nullptr || find(schema, "maxLength") != nullptr) {
      check_count(schema, "minLength", "maxLength", code_points(value), "character");
    }
    const json* const format = find(schema, "format");
    if (format != nullptr && *format == "date-time" && !parse_time(value)) {
      add("expected a date and time with offset, like \"2026-11-20T06:44:09Z\"");
    }
  }

  void check_number(const json& schema, const json& value) {
    const json* const least = find(schema, "minimum");
    if (least != nullptr && order_json(value, *least) < 0) {
      add("must be at least " + least->dump());
    }
    const json* const most = find(schema, "maximum");
    if (most != nullptr && order_json(value, *most) > 0) add("must be at most " + most->dump());
  }

  void check_count(const json& schema, std::string_view least_name, std::string_view most_name,
                   std::size_t count, std::string_view noun) {
    const json* const least = find(schema, least_name);
    if (least != nullptr && order_json(count, *least) < 0) {
      add("has " + count_words(count, noun) + ", needs at least " + least->dump());
    }
    const json* const most = find(schema, most_name);
    if (most != nullptr && order_json(count, *most) > 0) {
      add("has " + count_words(count, noun) + ", may have at most " + most->dump());
    }
  }

  [[nodiscard]] bool full() const { return errors_.size() >= limit_; }
  void add(std::string detail) { push({path_, std::move(detail)}); }
  void push(FieldError error) {
    if (!full()) errors_.push_back(std::move(error));
  }

  std::string path_;
  std::size_t limit_;
  std::vector<FieldError> errors_;
};

}  // namespace

std::vector<FieldError> validate(const json& schema, const json& value, std::string_view base) {
  Walk walk(base, kMaxErrors);
  walk.check(schema, value);
  return walk.take();
}

}  // namespace factory
