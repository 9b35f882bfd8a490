#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/error_code.hpp"

namespace factory {

/// What schemas/errors.json says of a code.
struct ErrorInfo {
  ErrorCode code;
  int http_status;
  std::string title;
  std::string hint;
  bool retryable;
};

/// Never fails: a code that the table does not know stops the process at start (a test holds it).
const ErrorInfo& error_info(ErrorCode code);

/// The code with this name, as it stands in a problem document; nullopt for a foreign one.
std::optional<ErrorCode> error_code_from(std::string_view name);

}  // namespace factory
