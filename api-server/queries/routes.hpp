#pragma once

#include "http/services.hpp"

namespace factory::queries {

/// Binds the operations that read across slices: blocker.list, dashboard.summary, search,
/// audit.list.
void bind_routes(http::Handlers& handlers, const Services& services);

}  // namespace factory::queries
