#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"
#include "http/message.hpp"

namespace factory::http {

/// Cross-origin resource sharing (the Fetch standard, section 3.2) for an exact list of origins.
/// Nothing is allowed to others, and credentials of the browser's own (cookies) to nobody: callers
/// send their key. Immutable, thread-safe.
class Cors {
 public:
  explicit Cors(const std::vector<std::string>& origins)
      : origins_(origins.begin(), origins.end()) {}

  /// Adds the fields that the request's origin is to see. `allow`: the methods of the path, as the
  /// field Allow has them; an answer to OPTIONS with them is an answer to a preflight.
  void dress(const Head& head, std::string_view allow, Outgoing& outgoing) const;

 private:
  std::set<std::string, std::less<>> origins_;
};

/// An origin as browsers send it: scheme, host and, unless it is the scheme's own, port; in lower
/// case and without a slash at the end. Else `invalid_request` that says so: `*` too, as an
/// interface that decides about deployments is not for every page of the web.
Status check_origin(std::string_view origin);

}  // namespace factory::http
