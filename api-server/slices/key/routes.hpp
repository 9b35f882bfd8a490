#pragma once

#include "http/auth.hpp"
#include "http/handlers.hpp"
#include "http/services.hpp"
#include "slices/key/key.hpp"

namespace factory::key {

/// The routes of schemas/routes/key.json. `services` must outlive the handlers.
///
/// A new key's token is in the answer that creates it and nowhere else: a repetition with the same
/// Idempotency-Key gives the same document without `token`.
void bind_routes(http::Handlers& handlers, const Services& services);

/// ok, or `unprocessable` that names the field: a key is limited to scopes of its role.
factory::Status check_scopes(const http::Roles& roles, const Created& wanted);

}  // namespace factory::key
