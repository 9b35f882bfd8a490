#include <nlohmann/json.hpp>

#include "common/text.hpp"
#include "engine/codec.hpp"
#include "slices/template/definition.hpp"

namespace factory::pipeline_template {

namespace {

using nlohmann::json;

void put_in(json& value, const json& parameters, std::string& pointer, Places& places) {
  if (value.is_object() && value.contains("param")) {
    const auto name = value["param"].get<std::string>();
    places.emplace(pointer, name);
    value = parameters.at(name);
    return;
  }
  if (value.is_object()) {
    for (const auto& [name, member] : value.items()) {
      const PointerStep step(pointer, name);
      put_in(member, parameters, pointer, places);
    }
  }
  if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      const PointerStep step(pointer, std::to_string(i));
      put_in(value[i], parameters, pointer, places);
    }
  }
}

/// A deadline of 0 minutes is none: that is how a parameter turns it off.
GatePolicy policy_of(GatePolicy policy) {
  if (policy.deadline && policy.deadline->minutes == 0) policy.deadline.reset();
  return policy;
}

StagePlan stage_of(json stage) {
  if (stage.contains("gate") && stage["gate"].contains("opens")) {
    json& opens = stage["gate"]["opens"];
    opens = "on_" + opens.get<std::string>();
  }
  StagePlan plan;
  engine::decode(stage, plan);
  if (plan.gate) plan.gate->policy = policy_of(std::move(plan.gate->policy));
  return plan;
}

}  // namespace

Filled fill_in(const json& definition, const json& parameters) {
  Filled filled{definition, {}};
  std::string pointer;
  for (const char* part : parametrised) {
    if (!definition.contains(part)) continue;
    const PointerStep step(pointer, part);
    put_in(filled.definition[part], parameters, pointer, filled.places);
  }
  return filled;
}

std::string parameter_at(const Places& places, const std::string& pointer) {
  for (std::string place = pointer; !place.empty(); place.resize(place.rfind('/'))) {
    const auto found = places.find(place);
    if (found != places.end()) return found->second;
  }
  return {};
}

Plan plan_of(const json& filled) {
  Plan plan;
  for (const json& stage : filled.at("stages")) plan.stages.push_back(stage_of(stage));
  const json priorities = filled.value("priorities", json::object());
  for (std::size_t i = 0; i < plan.sla.size(); ++i) {
    const std::string name(name_of(static_cast<Priority>(i)));
    if (priorities.contains(name)) engine::decode(priorities[name], plan.sla[i]);
  }
  if (filled.contains("retry_policy")) engine::decode(filled["retry_policy"], plan.retry_policy);
  plan.retry_policy = policy_of(std::move(plan.retry_policy));
  if (filled.contains("ladder")) {
    Ladder ladder;
    engine::decode_value(filled["ladder"], ladder.steps);
    plan.ladder = std::make_shared<const Ladder>(std::move(ladder));
  }
  if (filled.contains("calendar")) {
    plan.calendar = std::make_shared<const Calendar>(calendar_of(filled["calendar"]));
  }
  return plan;
}

}  // namespace factory::pipeline_template
