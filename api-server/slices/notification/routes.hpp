#pragma once

#include "http/handlers.hpp"
#include "http/services.hpp"

namespace factory::notification {

/// The operations of schemas/routes/notification.json that answer for the inbox. Everybody sees and
/// changes their own notifications alone. `services` must outlive the handlers.
void bind_routes(http::Handlers& handlers, const Services& services);

}  // namespace factory::notification
