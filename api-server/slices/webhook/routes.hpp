#pragma once

#include <functional>
#include <string>

#include "common/addresses.hpp"
#include "http/handlers.hpp"
#include "http/services.hpp"
#include "storage/deliveries.hpp"

namespace factory::webhook {

/// The way out, as the routes see it. `deliveries` must outlive the handlers.
struct Outlet {
  storage::Deliveries& deliveries;
  AddressRanges allowed;       ///< besides public addresses
  std::string source;          ///< of CloudEvents
  std::function<void()> poke;  ///< there is something to send
};

/// The routes of schemas/routes/webhook.json. `services` must outlive the handlers.
///
/// A secret that was made here is in the answer that made it and nowhere else: a repetition with
/// the same Idempotency-Key gives the same document without `secret`.
void bind_routes(http::Handlers& handlers, const Services& services, const Outlet& outlet);

/// Those of the deliveries; called by bind_routes().
void bind_delivery_routes(http::Handlers& handlers, const Services& services, const Outlet& outlet);

/// The webhook that the path names, or `not_found`; a deleted one is not found either.
Result<storage::ViewRow> find(const Services& services, const http::Request& request);

}  // namespace factory::webhook
