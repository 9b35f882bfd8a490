#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "common/json_order.hpp"
#include "common/schema.hpp"
#include "common/text.hpp"

namespace factory {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 7> kTypes{"string",  "object", "array", "boolean",
                                                 "integer", "number", "null"};
constexpr std::array<std::string_view, 2> kFormats{"date-time", "uri"};

/// What a keyword's value must look like.
enum class Shape {
  type,
  schemas,
  names,
  schema_or_flag,
  schema,
  list,
  any,
  number,
  count,
  flag,
  branches,
  format,
  text
};

struct Keyword {
  std::string_view name;
  Shape shape;
};

constexpr std::array kKeywords{
    Keyword{"type", Shape::type},           Keyword{"properties", Shape::schemas},
    Keyword{"required", Shape::names},      Keyword{"additionalProperties", Shape::schema_or_flag},
    Keyword{"items", Shape::schema},        Keyword{"enum", Shape::list},
    Keyword{"const", Shape::any},           Keyword{"minimum", Shape::number},
    Keyword{"maximum", Shape::number},      Keyword{"minLength", Shape::count},
    Keyword{"maxLength", Shape::count},     Keyword{"minItems", Shape::count},
    Keyword{"maxItems", Shape::count},      Keyword{"uniqueItems", Shape::flag},
    Keyword{"minProperties", Shape::count}, Keyword{"maxProperties", Shape::count},
    Keyword{"anyOf", Shape::branches},      Keyword{"format", Shape::format},
    Keyword{"default", Shape::any},         Keyword{"title", Shape::text},
    Keyword{"description", Shape::text},    Keyword{"examples", Shape::list},
    Keyword{"deprecated", Shape::flag},
};

template <class List>
bool one_of(const List& list, const json& value) {
  return value.is_string() &&
         std::find(list.begin(), list.end(), value.get_ref<const std::string&>()) != list.end();
}

bool distinct(const json& list) {
  for (std::size_t i = 0; i < list.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (equal_json(list[i], list[j])) return false;
    }
  }
  return true;
}

bool all_strings(const json& list) {
  return list.is_array() &&
         std::all_of(list.begin(), list.end(), [](const json& item) { return item.is_string(); });
}

bool is_type(const json& value) {
  if (!value.is_array()) return one_of(kTypes, value);
  return !value.empty() && distinct(value) &&
         std::all_of(value.begin(), value.end(),
                     [](const json& one) { return one_of(kTypes, one); });
}

class Lint {
 public:
  void check(const json& schema) {
    if (!schema.is_object()) return add("a schema must be an object");
    for (const auto& [name, value] : schema.items()) {
      const auto* const keyword = std::find_if(
          kKeywords.begin(), kKeywords.end(),
          [&, word = std::string_view(name)](const Keyword& k) { return k.name == word; });
      const PointerStep step(path_, name);
      if (keyword == kKeywords.end()) {
        add(name == "$ref" ? "a reference that was not resolved" : "an unknown keyword");
      } else {
        check_shape(keyword->shape, value);
      }
    }
    if (problems_.empty()) check_whole(schema);
  }

  std::vector<std::string> take() { return std::move(problems_); }

 private:
  void check_shape(Shape shape, const json& value) {
    switch (shape) {
      case Shape::type: return require(is_type(value), "must name known types");
      case Shape::schemas: return check_schemas(value);
      case Shape::names:
        return require(all_strings(value) && distinct(value), "must be a list of distinct names");
      case Shape::schema_or_flag:
        if (!value.is_boolean()) check(value);
        return;
      case Shape::schema: return check(value);
      case Shape::list: return require(value.is_array() && !value.empty(), "must be a list");
      case Shape::any: return;
      case Shape::number: return require(value.is_number(), "must be a number");
      case Shape::count:
        return require(value.is_number_integer() && value >= 0, "must be a whole number from 0");
      case Shape::flag: return require(value.is_boolean(), "must be true or false");
      case Shape::branches: return check_branches(value);
      case Shape::format: return require(one_of(kFormats, value), "must be date-time or uri");
      case Shape::text:
        return require(value.is_string() && !value.get_ref<const std::string&>().empty(),
                       "must be a text");
    }
  }

  void check_schemas(const json& value) {
    if (!value.is_object()) return add("must be an object of schemas");
    for (const auto& [name, schema] : value.items()) {
      const PointerStep step(path_, name);
      check(schema);
    }
  }

  void check_branches(const json& value) {
    if (!value.is_array() || value.empty()) return add("must be a list of schemas");
    for (std::size_t i = 0; i < value.size(); ++i) {
      const PointerStep step(path_, std::to_string(i));
      check(value[i]);
    }
  }

  /// What only shows when keywords are seen together.
  void check_whole(const json& schema) {
    if (schema.contains("required") && schema.contains("properties")) {
      for (const json& name : schema["required"]) {
        require(schema["properties"].contains(name.get_ref<const std::string&>()),
                "requires \"" + name.get<std::string>() + "\", which is not among the properties");
      }
    }
    if (schema.contains("enum")) require(distinct(schema["enum"]), "the enum has a value twice");
    if (schema.contains("default")) {
      require(validate(schema, schema["default"]).empty(), "the default does not fit the schema");
    }
    for (const json& example : schema.value("examples", json::array())) {
      require(validate(schema, example).empty(), "an example does not fit the schema");
    }
  }

  void require(bool holds, const std::string& problem) {
    if (!holds) add(problem);
  }
  void add(const std::string& problem) {
    problems_.push_back((path_.empty() ? "/" : path_) + ": " + problem);
  }

  std::string path_;
  std::vector<std::string> problems_;
};

}  // namespace

std::vector<std::string> lint_schema(const json& schema) {
  Lint lint;
  lint.check(schema);
  return lint.take();
}

}  // namespace factory
