#pragma once

#include "http/services.hpp"

namespace factory::pipeline_template {

/// Binds the operations of schemas/routes/template.json.
void bind_routes(http::Handlers& handlers, const Services& services);

}  // namespace factory::pipeline_template
