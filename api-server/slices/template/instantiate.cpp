#include <nlohmann/json.hpp>
#include <utility>

#include "common/schema.hpp"
#include "slices/template/definition.hpp"
#include "slices/template/template.hpp"

namespace factory::pipeline_template {

namespace {

using nlohmann::json;

Error refused(const Loaded& loaded, std::vector<FieldError> errors) {
  std::string names;
  for (const FieldError& error : errors) names += (names.empty() ? "" : ", ") + error.pointer;
  return {ErrorCode::invalid_request,
          "The parameters do not fit template " + loaded.name + ": " + names + ".",
          "GET /v1/templates/" + loaded.name + " shows the parameters that it takes.",
          std::move(errors),
          {}};
}

/// Something that the template asks of the place where a parameter is put in is told of the
/// parameter: the caller knows no other name for it.
std::vector<FieldError> by_parameter(const Filled& filled, std::vector<FieldError> errors) {
  for (FieldError& error : errors) {
    const std::string parameter = parameter_at(filled.places, error.pointer);
    if (parameter.empty()) continue;
    error.detail += " (at " + error.pointer + ")";
    error.pointer = "/parameters/" + parameter;
  }
  return errors;
}

}  // namespace

Result<Plan> instantiate(const Loaded& loaded, const json& parameters) {
  const json definition = json::parse(loaded.definition.text);
  const json schema = parameter_schema(definition);
  json values = parameters.is_null() ? json::object() : parameters;
  if (auto errors = validate(schema, values, "/parameters"); !errors.empty()) {
    return refused(loaded, std::move(errors));
  }
  fill_defaults(schema, values);
  const Filled filled = fill_in(definition, values);
  if (auto errors = check_filled(filled.definition); !errors.empty()) {
    return refused(loaded, by_parameter(filled, std::move(errors)));
  }
  Plan plan = plan_of(filled.definition);
  plan.template_name = loaded.name;
  plan.template_version = loaded.version;
  plan.template_digest = loaded.digest;
  plan.parameters.text = values.dump();
  return plan;
}

}  // namespace factory::pipeline_template
