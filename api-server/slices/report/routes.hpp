#pragma once

#include "http/handlers.hpp"
#include "http/services.hpp"
#include "slices/report/events.hpp"

namespace factory::report {

/// /api/v1/reports…, reviewed by `plan`; `services` must outlive the handlers.
void bind_routes(http::Handlers& handlers, const Services& services, ReviewPlan plan);

}  // namespace factory::report
