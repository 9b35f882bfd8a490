#pragma once

#include <string>
#include <string_view>

#include "common/result.hpp"
#include "http/message.hpp"

namespace factory::http {

/// The status of a refusal: its own, or that of the error's code in schemas/errors.json.
int status_of(const Error& error, int status = 0);

/// The problem document (RFC 9457, schemas/defs/problem.json) of an error: type, title, status,
/// detail, instance, code, errors, hint, retryable, request_id and the error's data members.
/// `instance` is the path of the request; empty if it never had one. `status` as for status_of.
std::string problem_document(const Error& error, std::string_view instance,
                             std::string_view request_id, int status = 0);

/// An error about one field; the detail names it, too.
Error field_error(std::string pointer, std::string detail);

/// One error out of what validation found wrong. `fields` must not be empty.
Error invalid_fields(std::vector<FieldError> fields);

}  // namespace factory::http
