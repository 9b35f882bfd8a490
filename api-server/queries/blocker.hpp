#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "http/services.hpp"
#include "queries/stats.hpp"

namespace factory::queries {

/// What is stuck and why: read from the `blocker` index, the most urgent and oldest first. The work
/// is that of the page, whatever is stored.

/// {"blockers":[…], "total", "at_least", "next_cursor", "summary"} as the request's pipeline_id,
/// include_suggestions, limit, cursor and page ask for it.
Result<http::Answer> blockers(const Services& services, const http::Request& request);

/// The `limit` most urgent ones of all, without suggestions.
std::vector<nlohmann::json> worst_blockers(const Services& services, int limit);

/// How many there are, counted up to 1,000 for each priority.
Total count_blockers(storage::Store& store);

/// One task or pipeline document as a blocker. `approval`: its gate's document, or null.
nlohmann::json blocker(const Services& services, const nlohmann::json& doc,
                       const nlohmann::json& approval, const Directory& people, Time now,
                       bool suggestions);

}  // namespace factory::queries
