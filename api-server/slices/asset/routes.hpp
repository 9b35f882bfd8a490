#pragma once

#include "http/handlers.hpp"
#include "http/services.hpp"
#include "slices/asset/limits.hpp"

namespace factory::asset {

/// The routes of schemas/routes/asset.json. `services` must outlive the handlers.
void bind_routes(http::Handlers& handlers, const Services& services, const Limits& limits);

}  // namespace factory::asset
