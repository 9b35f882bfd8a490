#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>

#include "common/embedded.hpp"

namespace factory::http {

/// The description of the REST API (OpenAPI 3.1.0) as text, made of the files under schemas/ and of
/// nothing else: routes/ become operations, defs/ components, errors.json the problem answers.
/// Only components that a route needs are in it. Throws std::runtime_error that names the file or
/// definition that is wrong.
std::string openapi_document(std::span<const EmbeddedFile> files, std::string_view version);

/// Parts of it, each made of values only.
namespace openapi {

using Json = nlohmann::ordered_json;  ///< members stay in the order of the files

/// The name of a definition's component: "defs/pipeline_list.json" gives "PipelineList".
std::string component_name(std::string_view file);

/// What all operations share: the security schemes, parameters and headers that they refer to.
Json shared_components();

/// The answers that a route may give besides its success: status -> a reference to a problem
/// answer, which is added to `responses` (components/responses) if it is new. `codes` are those of
/// the route; what every route may answer is added to them. `errors` is errors.json.
Json problem_responses(const Json& codes, bool is_public, bool has_body, const Json& errors,
                       Json& responses);

/// {"$ref": "#/components/<kind>/<name>"}.
Json reference(std::string_view kind, std::string_view name);

}  // namespace openapi
}  // namespace factory::http
