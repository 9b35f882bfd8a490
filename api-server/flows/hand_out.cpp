#include "flows/hand_out.hpp"

#include <nlohmann/json.hpp>

#include "slices/pipeline/pipeline.hpp"
#include "slices/task/task.hpp"

namespace factory::flows {

using nlohmann::json;

json offer_of(const json& doc) {
  if (has_prefix(doc.value("id", ""), task::Definition::prefix)) return doc;
  const std::string stage = doc.value("current_stage", "");
  json offer{{"id", doc.at("id")},
             {"type", "stage_work"},
             {"title", doc.value("name", "") + ": " + stage},
             {"description", ""},
             {"pipeline_id", doc.at("id")},
             {"pipeline_name", doc.value("name", "")},
             {"stage", stage},
             {"priority", doc.value("priority", "medium")}};
  for (const json& one : doc.at("stages")) {
    if (one.at("name") != stage) continue;
    offer["title"] = one.value("title", stage) + ": " + doc.value("name", "");
    offer["description"] = one.value("work", "");
    if (one.contains("checks")) offer["checks"] = one["checks"];
    if (one.contains("entered_at")) offer["waiting_since"] = one["entered_at"];
  }
  return offer;
}

engine::Command take_offer(const json& offer) {
  const std::string id = offer.at("id");
  if (has_prefix(id, task::Definition::prefix)) return {id, task::Command{task::Claim{true}}};
  return {id, pipeline::Command{pipeline::TakeWork{offer.at("stage")}}};
}

}  // namespace factory::flows
