#include "http/incoming_body.hpp"

#include <algorithm>
#include <utility>

namespace factory::http {
namespace {

constexpr std::size_t kPiece = 64U << 10U;

}  // namespace

IncomingBody::IncomingBody(Connection& connection, const Head& head, std::uint64_t limit,
                           Patience patience)
    : connection_(connection),
      head_(head),
      limit_(limit),
      patience_(patience),
      missing_(head.content_length.value_or(0)),
      chunks_(limit),
      complete_(!head.has_body()) {}

Error IncomingBody::give_up(ErrorCode code, std::string detail) {
  error_ = Error{code, std::move(detail), {}, {}, {}};
  return *error_;
}

Status IncomingBody::begin() {
  begun_ = true;
  if (head_.content_length.value_or(0) > limit_) {
    return give_up(ErrorCode::payload_too_large,
                   "The body is larger than " + std::to_string(limit_) + " bytes.");
  }
  if (head_.expect_continue && connection_.input().empty() &&
      !connection_.send_all("HTTP/1.1 100 Continue\r\n\r\n", Steady::now() + patience_.time)) {
    return give_up(ErrorCode::invalid_request, "The body ended before it was complete.");
  }
  return Done{};
}

std::string_view IncomingBody::take(std::size_t most) {
  const auto bytes = connection_.input().substr(
      0, static_cast<std::size_t>(std::min<std::uint64_t>(most, missing_)));
  connection_.consume(bytes.size());
  missing_ -= bytes.size();
  complete_ = missing_ == 0;
  return bytes;
}

Status IncomingBody::wait() {
  connection_.compact();
  const auto began = Steady::now();
  const auto input = connection_.wait(began + (patience_.time - waited_));
  if (input == Connection::Input::end) {
    return give_up(ErrorCode::invalid_request, "The body ended before it was complete.");
  }
  const std::string time = std::to_string(patience_.time.count()) + " ms";
  if (input == Connection::Input::nothing) {
    return give_up(ErrorCode::request_timeout,
                   patience_.least == 0 ? "The body did not arrive within " + time + "."
                                        : "Fewer than " + std::to_string(patience_.least) +
                                              " bytes of the body came within " + time + ".");
  }
  waited_ += Steady::now() - began;
  moved_ += connection_.input().size();
  if (patience_.least > 0 && moved_ >= patience_.least) {
    moved_ = 0;
    waited_ = {};
  }
  return Done{};
}

Result<std::string_view> IncomingBody::next(std::size_t most) {
  if (error_) return *error_;
  if (complete_) return std::string_view();
  if (!begun_) {
    if (Status begun = begin(); !begun) return std::move(begun.error());
  }
  for (;;) {
    if (!head_.chunked) {
      const auto bytes = take(most);
      if (!bytes.empty()) return bytes;
    } else {
      std::size_t used = 0;
      piece_.clear();
      const auto state = chunks_.feed(connection_.input().substr(0, most), used, piece_);
      connection_.consume(used);
      switch (state) {
        case ChunkedBody::State::done: complete_ = true; return std::string_view(piece_);
        case ChunkedBody::State::malformed:
          return give_up(ErrorCode::invalid_request, "The body is not chunked as it says.");
        case ChunkedBody::State::too_large:
          return give_up(ErrorCode::payload_too_large,
                         "The body is larger than " + std::to_string(limit_) + " bytes.");
        case ChunkedBody::State::more: break;
      }
      if (!piece_.empty()) return std::string_view(piece_);
      if (!connection_.input().empty()) continue;
    }
    if (Status waited = wait(); !waited) return std::move(waited.error());
  }
}

Result<std::size_t> IncomingBody::read(char* target, std::size_t size) {
  Result<std::string_view> bytes = next(size);
  if (!bytes) return std::move(bytes.error());
  std::copy(bytes->begin(), bytes->end(), target);  // the end has no bytes, and no address either
  return bytes->size();
}

Result<std::string> IncomingBody::read_all() {
  std::string body;
  for (;;) {
    Result<std::string_view> bytes = next(kPiece);
    if (!bytes) return std::move(bytes.error());
    if (bytes->empty()) return body;
    body.append(*bytes);
  }
}

}  // namespace factory::http
