#include <nlohmann/json.hpp>

#include "slices/template/template.hpp"

namespace factory::pipeline_template {

namespace {

using nlohmann::json;

/// What somebody who chooses a template wants to see of a stage.
json stage_doc(const json& stage) {
  json doc{{"name", stage.at("name")}, {"title", stage.at("title")}};
  if (stage.contains("work")) doc["work"] = stage["work"];
  if (stage.contains("checks")) doc["checks"] = stage["checks"];
  if (stage.contains("gate")) {
    const json& gate = stage["gate"];
    doc["gate"] = {{"type", gate.value("type", json("stage_gate"))},
                   {"title", gate.at("title")},
                   {"opens", gate.value("opens", json("entry"))}};
  }
  return doc;
}

}  // namespace

View view(const std::string& id, const State& state) {
  const Loaded& loaded = state.loaded;
  json definition = json::parse(loaded.definition.text);
  json stages = json::array();
  for (const json& stage : definition.value("stages", json::array())) {
    stages.push_back(stage_doc(stage));
  }
  const json doc{{"id", id},
                 {"status", "loaded"},
                 {"name", loaded.name},
                 {"template_version", loaded.version},  // `version` is the stream's
                 {"title", loaded.title},
                 {"description", loaded.description},
                 {"digest", loaded.digest},
                 {"parameters", definition.value("parameters", json::object())},
                 {"stages", std::move(stages)},
                 {"definition", std::move(definition)},
                 {"created_at", format_time(loaded.at)}};
  return {"loaded", doc.dump(), "", {}};
}

}  // namespace factory::pipeline_template
