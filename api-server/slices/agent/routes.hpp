#pragma once

#include "http/services.hpp"

namespace factory::agent {

class Leases;

/// The routes of schemas/routes/agent.json. `services` and `leases` must outlive the handlers.
void bind_routes(http::Handlers& handlers, const Services& services, Leases& leases);

}  // namespace factory::agent
