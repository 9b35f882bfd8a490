#pragma once

#include "http/services.hpp"

namespace factory::task {

/// Binds the operations of schemas/routes/task.json.
void bind_routes(http::Handlers& handlers, const Services& services);

}  // namespace factory::task
