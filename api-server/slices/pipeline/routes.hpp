#pragma once

#include "http/services.hpp"

namespace factory::pipeline {

/// Binds the operations of schemas/routes/pipeline.json.
void bind_routes(http::Handlers& handlers, const Services& services);

}  // namespace factory::pipeline
