#pragma once

#include "http/handlers.hpp"
#include "http/services.hpp"

namespace factory::report {

/// /api/v1/reports…; `services` must outlive the handlers.
void bind_routes(http::Handlers& handlers, const Services& services);

}  // namespace factory::report
