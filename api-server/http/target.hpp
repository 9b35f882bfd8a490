#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace factory::http {

/// A request's target, taken apart; the parts are still encoded.
struct Target {
  std::string_view path;
  std::string_view query;  ///< without the question mark
};
Target split_target(std::string_view target);

/// Undoes percent-encoding, and "+" for a blank where a query is read. nullopt if a % is not
/// followed by two hex digits or the result is not valid UTF-8.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_blank = false);

/// Encodes all but unreserved characters (RFC 3986 section 2.3).
std::string percent_encode(std::string_view text);

/// The parameters of a query in their order. A name or value that cannot be decoded stands in
/// `broken` by its encoded name (shortened), and not in `params`.
struct Query {
  std::vector<std::pair<std::string, std::string>> params;
  std::vector<std::string> broken;
};
Query read_query(std::string_view query);

bool is_utf8(std::string_view text);

}  // namespace factory::http
