#pragma once

#include "http/handlers.hpp"
#include "http/services.hpp"

namespace factory::http {

/// /healthz (the process lives), /readyz (the store answers) and /v1/whoami (schemas/routes/
/// system.json). `services` must outlive the handlers.
void bind_system_routes(Handlers& handlers, const Services& services);

}  // namespace factory::http
