#pragma once

#include <nlohmann/json_fwd.hpp>

#include "engine/slice.hpp"

namespace factory::flows {

/// What an agent is offered by a document that carries the tag `agent.work`: a task as it is, or
/// the open work of a pipeline's current stage as {"id" (of the pipeline), "type": "stage_work",
/// "title", "description", "pipeline_id", "pipeline_name", "stage", "priority", "waiting_since"}.
nlohmann::json offer_of(const nlohmann::json& doc);

/// The command by which whoever runs it takes this offer, refused unless it is still free.
engine::Command take_offer(const nlohmann::json& offer);

}  // namespace factory::flows
