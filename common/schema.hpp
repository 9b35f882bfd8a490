#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"

namespace factory {

/// JSON Schema 2020-12 for the closed set of keywords that schemas/README.md lists. Agreement with
/// ajv on this subset is held by a test.

/// Everything wrong with `value`, each with the JSON pointer of the place (below `base`), in words
/// that say what was expected; a missing member is named by the pointer that it would have, an
/// unknown one is told the nearest known name. At most 20. `schema` is one that lint_schema()
/// accepts; null accepts everything. Never recurses deeper than schema and value do. Thread-safe.
std::vector<FieldError> validate(const nlohmann::json& schema, const nlohmann::json& value,
                                 std::string_view base = {});

/// Puts the schema's defaults where `value` has no member. Only objects are filled.
void fill_defaults(const nlohmann::json& schema, nlohmann::json& value);

/// Reads a string from outside as what the schema's type wants (query and path parameters,
/// "true", "12"); a string that does not fit is kept, for validate() to name it.
nlohmann::json coerce(const nlohmann::json& schema, std::string_view text);

/// What is wrong with a schema itself: an unknown keyword, a `$ref`, a wrong shape. Empty if none.
std::vector<std::string> lint_schema(const nlohmann::json& schema);

/// The member of `known` that `word` was probably meant to be; empty if none is near.
std::string nearest(std::string_view word, const std::vector<std::string>& known);

/// Parses JSON from outside: strict UTF-8, depth at most `max_depth`, at most 100,000 values,
/// duplicate keys refused.
/// The error names line, column or byte and the reason.
Result<nlohmann::json> parse_json(std::string_view text, int max_depth = 64);

}  // namespace factory
