#pragma once

#include "http/handlers.hpp"
#include "http/services.hpp"

namespace factory::user {

/// The routes of schemas/routes/user.json and delegation.json. `services` must outlive the
/// handlers. A user is named by id or by name, `me` is whoever asks.
void bind_routes(http::Handlers& handlers, const Services& services);
void bind_delegation_routes(http::Handlers& handlers, const Services& services);

/// The stream of the user that the path names, or `not_found`.
Result<std::string> named(const Services& services, const http::Request& request);

}  // namespace factory::user
