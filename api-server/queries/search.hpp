#pragma once

#include <string>

#include "http/services.hpp"

namespace factory::queries {

/// GET /v1/search: {"results":[{id, type, title, snippet …}], "next_cursor", "complete", "capped",
/// "indexed_through", "log_head", "behind", "summary"}. The index follows the log: `behind` says
/// how many events it has not read yet. Types are public names (pipeline, task, approval …).
Result<http::Answer> search(const Services& services, const http::Request& request);

/// The public name of a slice's kind ("approval" for "gate") and back.
std::string public_type(const std::string& kind);
std::string kind_of_type(const std::string& type);

}  // namespace factory::queries
