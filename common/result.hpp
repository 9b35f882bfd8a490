#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "common/error_code.hpp"

namespace factory {

/// One thing wrong with one field of the input. `pointer` is an RFC 6901 JSON pointer into the
/// body, or `query/<name>`, `path/<name>`, `header/<name>` for the other parts of a request.
struct FieldError {
  std::string pointer;
  std::string detail;
};

/// Why something was refused, in words for the caller: never holds internal detail or a secret.
struct Error {
  ErrorCode code = ErrorCode::internal;
  std::string detail;                       ///< what was wrong, one sentence
  std::string hint;                         ///< what to do next; empty takes the code's own hint
  std::vector<FieldError> fields;           ///< the offending fields, if any
  std::map<std::string, std::string> data;  ///< further members of the problem (decided_by, …)
};

/// A value or the reason why there is none (std::expected is C++23).
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : content_(std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : content_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool ok() const { return content_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() & { return std::get<0>(content_); }
  const T& value() const& { return std::get<0>(content_); }
  T&& value() && { return std::get<0>(std::move(content_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  Error& error() { return std::get<1>(content_); }
  [[nodiscard]] const Error& error() const { return std::get<1>(content_); }

 private:
  std::variant<T, Error> content_;
};

/// Success without a value.
struct Done {};
using Status = Result<Done>;

}  // namespace factory
