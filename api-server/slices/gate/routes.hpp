#pragma once

#include "http/services.hpp"

namespace factory::gate {

/// Binds the operations of schemas/routes/approval.json.
void bind_routes(http::Handlers& handlers, const Services& services);

}  // namespace factory::gate
