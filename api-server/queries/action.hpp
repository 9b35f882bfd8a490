#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "common/catalog.hpp"

namespace factory::queries {

/// What could be done next, ready to be sent: {"operation","method","path","body"?} and, where a
/// tool does the same, {"tool","arguments"}. Null if the catalog has no such operation.
/// `path` fills the placeholders; a null `body` or empty `tool` is left out.
nlohmann::json action(const Catalog& catalog, const std::string& operation,
                      const std::map<std::string, std::string>& path, nlohmann::json body,
                      const std::string& tool, nlohmann::json arguments);

/// For an open task with its gate's document (null: none); `nobody`: nobody could decide it.
nlohmann::json action_for_task(const Catalog& catalog, const nlohmann::json& task,
                               const nlohmann::json& approval, bool nobody);
/// For a pipeline that is paused or has failed.
nlohmann::json action_for_pipeline(const Catalog& catalog, const nlohmann::json& pipeline);

}  // namespace factory::queries
