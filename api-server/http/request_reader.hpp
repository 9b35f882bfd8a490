#pragma once

#include "common/result.hpp"
#include "http/handlers.hpp"
#include "http/message.hpp"
#include "http/route_table.hpp"

namespace factory::http {

/// Fill a Request from what came in, against the route's schemas. Each gives `invalid_request`
/// that names all the fields that are wrong in its part.

/// Path parameters and query: decoded, coerced, defaults filled in.
Status read_parameters(const BoundRoute& bound, const RouteTable::Params& params,
                       std::string_view query, Request& request);

/// If-Match and Idempotency-Key. Read requests may carry them and have no use for them.
/// `precondition_failed` for a weak ETag, which never matches (RFC 9110 section 13.1.1).
Status read_conditions(const Head& head, Request& request);

/// Who sent it and with what: address, user agent, trace context, and the head itself.
void read_origin(const Incoming& incoming, Request& request);

/// The body: `unsupported_media_type` for a content type that the route does not take, or an
/// encoding; JSON is parsed and validated. Without one, a route that takes a JSON object gets an
/// empty one. For a route with `body_stream` only a reader of it is made.
Status read_content(const BoundRoute& bound, Incoming& incoming, Request& request);

/// SHA-256 in hex of method, target and body: tells whether an Idempotency-Key is used again for
/// the same request.
std::string fingerprint(const Head& head, std::string_view body);

}  // namespace factory::http
