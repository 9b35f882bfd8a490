#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "common/catalog.hpp"
#include "common/mcp/backend.hpp"

namespace factory::mcp {

/// The answer with a bare array under the name that the tool declares.
BackendAnswer with_list(const ResultForm& form, BackendAnswer answer);

/// The text of a document that fits its tool: by the tool's `result`, else as an outline. What was
/// cut, and how to go on after a page, is said in any case. What the document holds is never taken
/// for a template.
std::string text_of(const Tool& tool, const nlohmann::json& document,
                    const nlohmann::json& arguments);

}  // namespace factory::mcp
