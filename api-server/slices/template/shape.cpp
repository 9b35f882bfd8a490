#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <string_view>

#include "common/embedded.hpp"
#include "common/schema.hpp"
#include "common/text.hpp"
#include "slices/template/definition.hpp"

namespace factory::pipeline_template {

namespace {

using nlohmann::json;

constexpr int kMaxListed = 50;  ///< strings in a parameter of type array
constexpr int kMaxListedLength = 200;
constexpr int kMaxText = 1000;  ///< characters in a parameter of type string

const json& definition_schema() {
  static const json schema = [] {
    for (const EmbeddedFile& file : embedded_schemas()) {
      if (file.path == "defs/template.json") return json::parse(file.text);
    }
    throw std::runtime_error("schemas/defs/template.json is not compiled in");
  }();
  return schema;
}

bool is_name(std::string_view text, std::string_view marks) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           marks.find(c) != std::string_view::npos;
  });
}

json declaration_schema(const json& declared) {
  const auto& type = declared.at("type").get_ref<const std::string&>();
  json schema{{"type", type}, {"default", declared.at("default")}};
  for (const char* bound : {"minimum", "maximum", "enum", "description"}) {
    if (declared.contains(bound)) schema[bound] = declared[bound];
  }
  if (type == "string") schema["maxLength"] = kMaxText;
  if (type == "array") {
    schema["maxItems"] = kMaxListed;
    schema["items"] = {{"type", "string"}, {"minLength", 1}, {"maxLength", kMaxListedLength}};
  }
  return schema;
}

/// Calls `visit` with the place and the name of every {"param": name}.
using Visit = std::function<void(const std::string& pointer, const std::string& name)>;
void each_reference(const json& value, std::string& pointer, const Visit& visit) {
  if (value.is_object() && value.contains("param")) {
    return visit(pointer, value["param"].get_ref<const std::string&>());
  }
  if (value.is_object()) {
    for (const auto& [name, member] : value.items()) {
      const PointerStep step(pointer, name);
      each_reference(member, pointer, visit);
    }
  }
  if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      const PointerStep step(pointer, std::to_string(i));
      each_reference(value[i], pointer, visit);
    }
  }
}

void check_names(const json& definition, std::vector<FieldError>& errors) {
  if (!is_name(definition["name"].get_ref<const std::string&>(), "_-.")) {
    errors.push_back({"/name", "may hold only a-z, 0-9, _, - and ."});
  }
  const json& stages = definition["stages"];
  for (std::size_t i = 0; i < stages.size(); ++i) {
    if (is_name(stages[i]["name"].get_ref<const std::string&>(), "_-")) continue;
    errors.push_back({"/stages/" + std::to_string(i) + "/name", "may hold only a-z, 0-9, _ and -"});
  }
}

void check_declaration(const json& declared, const std::string& pointer,
                       std::vector<FieldError>& errors) {
  const auto& type = declared["type"].get_ref<const std::string&>();
  const bool number = type == "integer" || type == "number";
  for (const char* bound : {"minimum", "maximum"}) {
    if (!number && declared.contains(bound)) {
      errors.push_back({pointer + "/" + bound, "is for numbers; this is of type " + type});
    }
  }
  if (type != "string" && declared.contains("enum")) {
    errors.push_back({pointer + "/enum", "is for strings; this is of type " + type});
  }
  if (number && declared.contains("minimum") && declared.contains("maximum") &&
      declared["minimum"].get<double>() > declared["maximum"].get<double>()) {
    errors.push_back({pointer + "/minimum", "is more than the maximum"});
  }
  auto unfit = validate(declaration_schema(declared), declared["default"], pointer + "/default");
  errors.insert(errors.end(), unfit.begin(), unfit.end());
}

void check_parameters(const json& definition, std::vector<FieldError>& errors) {
  const json declared = definition.value("parameters", json::object());
  std::vector<std::string> names;
  for (const auto& [name, declaration] : declared.items()) {
    std::string pointer = "/parameters";
    append_pointer(pointer, name);
    if (!is_name(name, "_")) errors.push_back({pointer, "may hold only a-z, 0-9 and _"});
    check_declaration(declaration, pointer, errors);
    names.push_back(name);
  }
  std::set<std::string> used;
  std::string pointer;
  for (const char* part : parametrised) {
    if (!definition.contains(part)) continue;
    const PointerStep step(pointer, part);
    each_reference(definition[part], pointer, [&](const std::string& at, const std::string& name) {
      used.insert(name);
      if (declared.contains(name)) return;
      const std::string meant = nearest(name, names);
      errors.push_back({at, "there is no parameter \"" + excerpt(name, 64) + "\"" +
                                (meant.empty() ? "" : "; did you mean \"" + meant + "\"?")});
    });
  }
  for (const std::string& name : names) {
    if (!used.contains(name)) errors.push_back({"/parameters/" + name, "is used nowhere"});
  }
}

}  // namespace

std::vector<FieldError> check_shape(const json& definition) {
  return validate(definition_schema(), definition);
}

std::vector<FieldError> check_definition(const json& definition) {
  std::vector<FieldError> errors = check_shape(definition);
  if (!errors.empty()) return errors;
  check_names(definition, errors);
  check_parameters(definition, errors);
  return errors;
}

json parameter_schema(const json& definition) {
  const json declared = definition.value("parameters", json::object());
  json properties = json::object();
  for (const auto& [name, declaration] : declared.items()) {
    properties[name] = declaration_schema(declaration);
  }
  return {{"type", "object"}, {"properties", properties}, {"additionalProperties", false}};
}

}  // namespace factory::pipeline_template
