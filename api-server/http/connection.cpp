#include "http/connection.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "http/chunked.hpp"

namespace factory::http {
namespace {

constexpr std::size_t kReadAtOnce = 16U << 10U;
constexpr std::size_t kKeptMemory = 64U << 10U;
constexpr std::size_t kMostDrained = 16U << 20U;

/// True once `events` are there; false at the deadline.
bool wait_for(int fd, short events, Steady::time_point deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Steady::now());
    if (left.count() <= 0) return false;
    pollfd waiting{fd, events, 0};
    const int ready =
        ::poll(&waiting, 1, static_cast<int>(std::min<Steady::rep>(left.count(), 60'000)));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

Error body_error(ErrorCode code, std::string detail) {
  return {code, std::move(detail), {}, {}, {}};
}

Error not_all_came(Connection::Input input, const Limits& limits) {
  if (input == Connection::Input::end) {
    return body_error(ErrorCode::invalid_request, "The body ended before it was complete.");
  }
  return body_error(
      ErrorCode::request_timeout,
      "The body did not arrive within " + std::to_string(limits.body_time.count()) + " ms.");
}

Error body_too_large(const Limits& limits) {
  return body_error(ErrorCode::payload_too_large,
                    "The body is larger than " + std::to_string(limits.body) + " bytes.");
}

Result<std::string> read_length(Connection& connection, std::size_t length, const Limits& limits,
                                Steady::time_point deadline) {
  std::string body;
  // Memory follows what has come, not what was announced.
  for (;;) {
    const auto bytes = connection.input().substr(0, length - body.size());
    body.append(bytes);
    connection.consume(bytes.size());
    if (body.size() == length) return body;
    connection.compact();
    const auto input = connection.wait(deadline);
    if (input != Connection::Input::data) return not_all_came(input, limits);
  }
}

Result<std::string> read_chunks(Connection& connection, const Limits& limits,
                                Steady::time_point deadline) {
  std::string body;
  ChunkedBody chunks(limits.body);
  for (;;) {
    std::size_t used = 0;
    const auto state = chunks.feed(connection.input(), used, body);
    connection.consume(used);
    switch (state) {
      case ChunkedBody::State::done: return body;
      case ChunkedBody::State::malformed:
        return body_error(ErrorCode::invalid_request, "The body is not chunked as it says.");
      case ChunkedBody::State::too_large: return body_too_large(limits);
      case ChunkedBody::State::more: break;
    }
    connection.compact();
    const auto input = connection.wait(deadline);
    if (input != Connection::Input::data) return not_all_came(input, limits);
  }
}

}  // namespace

Connection::Input Connection::fill() {
  std::array<char, kReadAtOnce> bytes;
  ssize_t count = 0;
  do {
    count = ::recv(fd(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  } while (count < 0 && errno == EINTR);
  if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return Input::nothing;
  if (count <= 0) return Input::end;
  input_.append(bytes.data(), static_cast<std::size_t>(count));
  return Input::data;
}

Connection::Input Connection::wait(Steady::time_point deadline) {
  for (;;) {
    // The deadline counts for the whole, also when every single byte comes in time.
    if (Steady::now() >= deadline) return Input::nothing;
    const Input input = fill();
    if (input != Input::nothing) return input;
    if (!wait_for(fd(), POLLIN, deadline)) return Input::nothing;
  }
}

HeadScan& Connection::scan_head() {
  if (scan_.from == 0) {
    // Empty lines before a request are passed over (RFC 9112 section 2.2).
    while (input().starts_with("\r\n")) consume(2);
  }
  find_head(input(), scan_);
  return scan_;
}

std::string Connection::take_head() {
  std::string head(input().substr(0, *scan_.end));
  consume(head.size());
  scan_ = HeadScan{};
  head_since = {};
  return head;
}

void Connection::compact() {
  input_.erase(0, used_);
  used_ = 0;
  if (input_.empty() && input_.capacity() > kKeptMemory) input_ = std::string();
}

bool Connection::send_all(std::string_view bytes, Steady::time_point deadline) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
    } else if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      if (!wait_for(fd(), POLLOUT, deadline)) return false;
    } else if (count < 0 && errno != EINTR) {
      return false;
    }
  }
  return true;
}

void Connection::finish_writing() { ::shutdown(fd(), SHUT_WR); }

bool Connection::drain() {
  for (;;) {
    consume(input().size());
    compact();
    const Input input = fill();
    if (input == Input::end) return false;
    if (input == Input::nothing) return true;
    drained_ += input_.size();
    if (drained_ > kMostDrained) return false;
  }
}

void Connection::shut() { ::shutdown(fd(), SHUT_RD); }

void Connection::abort() { ::shutdown(fd(), SHUT_RDWR); }

Result<std::string> read_body(Connection& connection, const Head& head, const Limits& limits,
                              Steady::time_point deadline) {
  if (head.content_length && *head.content_length > limits.body) return body_too_large(limits);
  if (head.expect_continue && connection.input().empty() &&
      !connection.send_all("HTTP/1.1 100 Continue\r\n\r\n", deadline)) {
    return not_all_came(Connection::Input::end, limits);
  }
  if (head.chunked) return read_chunks(connection, limits, deadline);
  return read_length(connection, static_cast<std::size_t>(head.content_length.value_or(0)), limits,
                     deadline);
}

}  // namespace factory::http
