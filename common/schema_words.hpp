#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace factory {

/// How the validator words what it expected and what it met. Nothing that a caller sent is
/// repeated but short names, so that no secret gets into an answer or a log.

/// "a string", "a whole number or null": of a schema's `type`.
std::string type_words(const nlohmann::json& type);

/// What a value is: "a string", "a number", "nothing (null)".
std::string kind_word(const nlohmann::json& value);

/// A value of a schema as JSON, shortened: `"approved"`.
std::string value_word(const nlohmann::json& value);

/// `expected one of "low", "high"; did you mean "high"?`
std::string choice_words(const nlohmann::json& choices, const nlohmann::json& value);

/// What the branches of an anyOf ask for: "a string or null"; `"auto" or a whole number`.
std::string branch_words(const nlohmann::json& branches);

/// "; expected a string" if the schema (may be null) says so, else "".
std::string expectation(const nlohmann::json* schema);

/// `is unknown; did you mean "name"?`, or the known names. `properties` may be null.
std::string unknown_words(std::string_view name, const nlohmann::json* properties);

/// "1 item", "3 items".
std::string count_words(std::size_t count, std::string_view noun);

}  // namespace factory
