#pragma once

#include "http/handlers.hpp"
#include "http/services.hpp"

namespace factory::group {

/// The routes of schemas/routes/group.json. `services` must outlive the handlers. A group is named
/// by its id or by its name.
void bind_routes(http::Handlers& handlers, const Services& services);

}  // namespace factory::group
