#pragma once

#include "http/handlers.hpp"
#include "http/services.hpp"

namespace factory::preference {

/// The operations preference.* of schemas/routes/notification.json: everybody's own. `services`
/// must outlive the handlers.
void bind_routes(http::Handlers& handlers, const Services& services);

}  // namespace factory::preference
