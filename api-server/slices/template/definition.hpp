#pragma once

#include <array>
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

/// The parts of a definition in which parameters can be put in.
inline constexpr std::array<const char*, 5> parametrised{"priorities", "ladder", "calendar",
                                                         "retry_policy", "stages"};

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

/// What is wrong with the steps of a ladder and with a calendar whose shapes fit.
std::vector<FieldError> check_ladder(const nlohmann::json& ladder, const std::string& at);
std::vector<FieldError> check_calendar(const nlohmann::json& calendar, const std::string& at);
/// Of a calendar that passed check_calendar.
Calendar calendar_of(const nlohmann::json& calendar);

/// The plan of a definition that passed check_filled.
Plan plan_of(const nlohmann::json& filled);

}  // namespace factory::pipeline_template
