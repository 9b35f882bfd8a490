#pragma once

#include "http/handlers.hpp"
#include "http/services.hpp"

namespace factory::comment {

/// …/comments of pipelines, tasks and approvals, and /v1/comments/{id}; `services` must outlive
/// the handlers.
void bind_routes(http::Handlers& handlers, const Services& services);

}  // namespace factory::comment
