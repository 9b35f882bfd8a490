#pragma once

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "common/catalog.hpp"
#include "common/embedded.hpp"
#include "common/schema.hpp"
#include "common/text.hpp"

/// What the tests of schemas/ look at: the files as they stand, and the catalog made of them.
namespace factory::test {

/// What a list of complaints is when there is none; comparing with it shows them when there are.
inline constexpr std::string_view nothing{};

/// Path below schemas/ -> content, of everything that is compiled in.
inline std::map<std::string, nlohmann::json> schema_files(const std::string& folder = {}) {
  std::map<std::string, nlohmann::json> files;
  for (const EmbeddedFile& file : embedded_schemas()) {
    if (file.path.rfind(folder, 0) != 0) continue;
    Result<nlohmann::json> content = parse_json(file.text);
    if (!content.ok()) throw std::runtime_error(std::string(file.path) + content.error().detail);
    files.emplace(file.path, std::move(content).value());
  }
  return files;
}

/// "tools/x.json" -> "x".
inline std::string stem(const std::string& path) {
  const std::size_t start = path.rfind('/') + 1;
  return path.substr(start, path.rfind(".json") - start);
}

/// What validate() says, one line each; empty if the value fits.
inline std::string misfits(const nlohmann::json& schema, const nlohmann::json& value) {
  std::string text;
  for (const FieldError& error : validate(schema, value)) {
    text += error.pointer + ": " + error.detail + "\n";
  }
  return text;
}

/// The names in {braces} of a path or URI template.
inline std::set<std::string> placeholders(const std::string& path) {
  std::set<std::string> names;
  for (std::size_t open = path.find('{'); open != std::string::npos;
       open = path.find('{', open + 1)) {
    names.insert(path.substr(open + 1, path.find('}', open) - open - 1));
  }
  return names;
}

template <class Map>
std::set<std::string> keys(const Map& map) {
  std::set<std::string> names;
  for (const auto& [name, value] : map) names.insert(name);
  return names;
}

inline std::set<std::string> keys(const nlohmann::json& object) {
  std::set<std::string> names;
  for (const auto& [name, value] : object.items()) names.insert(name);
  return names;
}

/// The names that an object schema declares (none for null).
inline std::set<std::string> properties_of(const nlohmann::json& schema) {
  if (!schema.is_object() || !schema.contains("properties")) return {};
  return keys(schema["properties"]);
}

inline std::set<std::string> required_of(const nlohmann::json& schema) {
  if (!schema.is_object() || !schema.contains("required")) return {};
  return schema["required"].get<std::set<std::string>>();
}

/// Those of `wanted` that `present` lacks, as "a, b"; empty if none.
inline std::string missing(const std::set<std::string>& wanted,
                           const std::set<std::string>& present) {
  std::vector<std::string> names;
  for (const std::string& name : wanted) {
    if (present.count(name) == 0) names.push_back(name);
  }
  return join(names, ", ", names.size());
}

/// True if a schema, or one inside it, closes itself to members that it does not name.
inline bool closes_itself(const nlohmann::json& schema) {
  if (schema.is_object()) {
    const auto found = schema.find("additionalProperties");
    if (found != schema.end() && *found == false) return true;
  }
  if (!schema.is_structured()) return false;
  for (const nlohmann::json& part : schema) {
    if (closes_itself(part)) return true;
  }
  return false;
}

}  // namespace factory::test
