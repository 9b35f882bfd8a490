#pragma once

#include "http/connection.hpp"
#include "http/message.hpp"

namespace factory::http {

/// How the end of a streamed answer is told.
enum class Framing {
  length,   ///< Content-Length
  chunked,  ///< Transfer-Encoding: chunked (RFC 9112 section 7.1)
  close,    ///< the end of the connection, for HTTP/1.0
};

/// Sends all that the source gives, after the head. False if the client left or takes fewer than
/// 64 KiB within `time`, or if the source ended before its length: the connection is then to be
/// closed, without the end that a whole answer has. Throws what the source throws; the same holds
/// then.
bool send_body(Connection& connection, BodySource& source, Framing framing,
               std::chrono::milliseconds time);

}  // namespace factory::http
