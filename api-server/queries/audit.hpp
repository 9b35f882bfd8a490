#pragma once

#include "http/services.hpp"
#include "queries/history.hpp"

namespace factory::queries {

/// {"entries":[…], "next_cursor", "summary"}: the trail as the request's filters (entity_type,
/// entity_id, action, actor, since, until, order, limit, cursor) ask for it. `invalid_request`
/// names a time or cursor that cannot be read.
Result<http::Answer> audit(const Services& services, const Slices& slices,
                           const http::Request& request);

/// One event as the trail shows it; `changes` is what it changed in its document.
nlohmann::json audit_entry(const storage::EventRecord& event, const nlohmann::json& changes);

}  // namespace factory::queries
