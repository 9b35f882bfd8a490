#pragma once

#include "http/handlers.hpp"
#include "http/services.hpp"

namespace factory::identity {

/// The routes of schemas/routes/auth.json. `services` must outlive the handlers.
void bind_routes(http::Handlers& handlers, const Services& services);

}  // namespace factory::identity
