#include "common/schema_words.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "common/schema.hpp"
#include "common/text.hpp"

namespace factory {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxValue = 60;

std::string type_word(const std::string& type) {
  if (type == "integer") return "a whole number";
  if (type == "object" || type == "array") return "an " + type;
  if (type == "boolean") return "true or false";
  return type == "null" ? "null" : "a " + type;
}

std::vector<std::string> distinct(std::vector<std::string> words) {
  std::vector<std::string> kept;
  for (std::string& word : words) {
    if (std::find(kept.begin(), kept.end(), word) == kept.end()) kept.push_back(std::move(word));
  }
  return kept;
}

std::string branch_word(const json& branch) {
  if (!branch.is_object()) return "something else";
  if (branch.contains("const")) return value_word(branch["const"]);
  if (branch.contains("title")) return branch["title"].get<std::string>();
  if (branch.contains("required")) {
    std::vector<std::string> names;
    for (const json& name : branch["required"]) names.push_back(value_word(name));
    return "an object with " + join(names, " and ");
  }
  return branch.contains("type") ? type_words(branch["type"]) : "another form";
}

}  // namespace

std::string type_words(const json& type) {
  if (type.is_string()) return type_word(type.get_ref<const std::string&>());
  std::vector<std::string> words;
  for (const json& one : type) words.push_back(type_word(one.get_ref<const std::string&>()));
  return join(words, " or ");
}

std::string kind_word(const json& value) {
  if (value.is_null()) return "null";
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  if (value.is_number()) return "a number";
  if (value.is_string()) return "a string";
  return value.is_array() ? "an array" : "an object";
}

std::string value_word(const json& value) { return excerpt(value.dump(), kMaxValue); }

std::string choice_words(const json& choices, const json& value) {
  std::vector<std::string> words;
  std::vector<std::string> names;
  for (const json& choice : choices) {
    words.push_back(value_word(choice));
    if (choice.is_string()) names.push_back(choice.get<std::string>());
  }
  std::string text = (words.size() == 1 ? "expected " : "expected one of ") + join(words);
  if (!value.is_string()) return text;
  const std::string meant = nearest(value.get_ref<const std::string&>(), names);
  return meant.empty() ? text : text + "; did you mean \"" + meant + "\"?";
}

std::string branch_words(const json& branches) {
  std::vector<std::string> words;
  for (const json& branch : branches) words.push_back(branch_word(branch));
  return join(distinct(std::move(words)), " or ");
}

std::string expectation(const json* schema) {
  if (schema == nullptr || !schema->is_object()) return {};
  if (schema->contains("const")) return "; expected " + value_word((*schema)["const"]);
  if (schema->contains("enum")) return "; " + choice_words((*schema)["enum"], nullptr);
  return schema->contains("type") ? "; expected " + type_words((*schema)["type"]) : "";
}

std::string unknown_words(std::string_view name, const json* properties) {
  std::vector<std::string> known;
  if (properties != nullptr) {
    for (const auto& [property, schema] : properties->items()) known.push_back(property);
  }
  const std::string meant = nearest(name, known);
  if (!meant.empty()) return "is unknown; did you mean \"" + meant + "\"?";
  if (known.empty()) return "is unknown; nothing is taken here";
  return "is unknown; known are " + join(known);
}

std::string count_words(std::size_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

}  // namespace factory
