#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "domain/plan.hpp"

/// The steps by which a definition becomes a plan; `read_definition` and `instantiate` put them
/// together. All pure, thread-safe.
namespace factory::pipeline_template {

/// What does not fit schemas/defs/template.json.
std::vector<FieldError> check_shape(const nlohmann::json& definition);

/// What is wrong with a definition before any parameter is put in: its shape (against
/// schemas/defs/template.json), names, declarations, references to parameters.
std::vector<FieldError> check_definition(const nlohmann::json& definition);

/// The JSON Schema of the object that gives a pipeline its parameters.
nlohmann::json parameter_schema(const nlohmann::json& definition);

/// JSON pointer of a place -> the parameter that was put in there.
using Places = std::map<std::string, std::string>;

/// Puts values in for {"param": name}. Every name must be declared.
struct Filled {
  nlohmann::json definition;
  Places places;
};
Filled fill_in(const nlohmann::json& definition, const nlohmann::json& parameters);

/// The parameter that was put in at this place or around it; empty if none was.
std::string parameter_at(const Places& places, const std::string& pointer);

/// What is wrong with a definition that has its parameters put in: types and ranges again, names of
/// stages, what belongs to which kind of check, policies, deadlines, SLA.
std::vector<FieldError> check_filled(const nlohmann::json& filled);

/// The plan of a definition that passed check_filled.
Plan plan_of(const nlohmann::json& filled);

}  // namespace factory::pipeline_template
