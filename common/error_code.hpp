#pragma once

#include <string_view>

namespace factory {

/// The codes of schemas/errors.json, which gives each its HTTP status, title and hint.
enum class ErrorCode {
  invalid_request,         ///< 400 not JSON, unknown field, wrong type, bad parameter
  unauthenticated,         ///< 401 no key, or one that is unknown, revoked or expired
  forbidden,               ///< 403 the principal may not do this
  not_found,               ///< 404
  method_not_allowed,      ///< 405
  request_timeout,         ///< 408 the request took too long to arrive
  conflict,                ///< 409 the state does not allow it now
  already_decided,         ///< 409 somebody decided before; who and when are in the data
  subject_changed,         ///< 409 what was shown is no longer what stands
  precondition_failed,     ///< 412 If-Match named another version
  payload_too_large,       ///< 413
  unsupported_media_type,  ///< 415 content type or content encoding
  unprocessable,           ///< 422 well formed, but cannot be: malformed report, key reuse, …
  checks_failed,           ///< 422 the stage's checks do not hold
  unsatisfiable,           ///< 422 nobody could ever decide this gate; says who is missing
  rate_limited,            ///< 429
  internal,                ///< 500 the log knows more
  unavailable,             ///< 503 try again; with an Idempotency-Key nothing happens twice
};

/// The code's name as it is written in answers ("already_decided").
std::string_view to_string(ErrorCode code);

}  // namespace factory
