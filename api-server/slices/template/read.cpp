#include <nlohmann/json.hpp>

#include "common/digest.hpp"
#include "common/schema.hpp"
#include "common/text.hpp"
#include "slices/template/definition.hpp"
#include "slices/template/template.hpp"

namespace factory::pipeline_template {

namespace {

using nlohmann::json;

std::string title_of(const json& definition) {
  if (!definition.is_object() || !definition.contains("name") || !definition["name"].is_string()) {
    return "The template definition";
  }
  return "Template " + excerpt(definition["name"].get_ref<const std::string&>(), 100);
}

Error refused(const json& definition, std::vector<FieldError> errors) {
  std::string detail = title_of(definition) + " is not valid";
  if (!errors.empty()) {
    const FieldError& first = errors.front();
    detail += ": " + (first.pointer.empty() ? "/" : first.pointer) + " " + first.detail;
    if (errors.size() > 1) detail += " (and " + std::to_string(errors.size() - 1) + " more)";
  }
  return {ErrorCode::invalid_request,
          detail + ".",
          "Correct what `errors` names and load it again.",
          std::move(errors),
          {}};
}

json default_parameters(const json& definition) {
  json parameters = json::object();
  fill_defaults(parameter_schema(definition), parameters);
  return parameters;
}

}  // namespace

Result<Load> read_definition(const json& definition) {
  if (auto errors = check_definition(definition); !errors.empty()) {
    return refused(definition, std::move(errors));
  }
  const Filled filled = fill_in(definition, default_parameters(definition));
  if (auto errors = check_filled(filled.definition); !errors.empty()) {
    for (FieldError& error : errors) {
      const std::string parameter = parameter_at(filled.places, error.pointer);
      if (!parameter.empty()) error.detail += " (the default of parameter " + parameter + ")";
    }
    return refused(definition, std::move(errors));
  }
  Loaded loaded;
  loaded.name = definition["name"].get<std::string>();
  loaded.version = definition["version"].get<std::string>();
  loaded.title = definition["title"].get<std::string>();
  loaded.description = definition.value("description", "");
  loaded.definition.text = definition.dump();  // members in order of name: the canonical text
  loaded.digest = to_hex(sha256(loaded.definition.text));
  return Load{std::move(loaded)};
}

std::string stream_of(const Loaded& loaded) {
  return std::string(Definition::prefix) + "_" + loaded.digest;
}

}  // namespace factory::pipeline_template
