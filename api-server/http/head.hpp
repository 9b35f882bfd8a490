#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "http/message.hpp"

namespace factory::http {

/// How large a head may be, in bytes.
struct HeadLimits {
  std::size_t head = 32U << 10U;
  std::size_t line = 8000;  ///< one header field; a bearer token of any kind fits
  std::size_t target = 8000;
  std::size_t fields = 100;
};

/// Where a head ends in bytes that are still coming in.
struct HeadScan {
  std::size_t from = 0;            ///< how far `find_head` has looked
  std::optional<std::size_t> end;  ///< one past the empty line, once it is there
  bool malformed = false;          ///< a line that does not end in CR LF
};

/// Goes on looking where the last call stopped. A refusal as soon as one is certain.
void find_head(std::string_view bytes, HeadScan& scan);

/// Reads a whole head (request line, fields, empty line) by the grammar of RFC 9112, stricter
/// than a lenient server would: what two parsers could understand differently is refused
/// (Transfer-Encoding beside Content-Length, repeated or folded fields, control characters, blanks
/// before a colon). nullopt and `head` filled if it is sound. The views point into `bytes`.
std::optional<Refusal> parse_head(std::string_view bytes, const HeadLimits& limits, Head& head);

}  // namespace factory::http
