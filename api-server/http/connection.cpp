#include "http/connection.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "common/memory.hpp"

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

}  // namespace

Connection::Input Connection::shake_hands() {
  switch (tls_->handshake()) {
    case TlsSession::Step::done: return Input::data;
    case TlsSession::Step::want_read:
    // What the server says in a handshake fits into the memory of a fresh socket; a peer for which
    // it does not is none that reads.
    case TlsSession::Step::want_write: return Input::nothing;
    case TlsSession::Step::plain_http:
      tls_.reset();
      spoke_plain_ = true;
      return Input::end;
    case TlsSession::Step::end: break;
  }
  return Input::end;
}

Connection::Input Connection::fill_secured() {
  if (!tls_->established()) {
    const Input shaken = shake_hands();
    if (shaken != Input::data) return shaken;
  }
  std::array<char, kReadAtOnce> bytes;
  const auto [step, count] = tls_->read(bytes.data(), bytes.size());
  switch (step) {
    case TlsSession::Step::done: input_.append(bytes.data(), count); return Input::data;
    case TlsSession::Step::want_read:
    case TlsSession::Step::want_write: return Input::nothing;
    case TlsSession::Step::end:
    case TlsSession::Step::plain_http: break;
  }
  return Input::end;
}

Connection::Input Connection::fill() {
  if (tls_) return fill_secured();
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
  if (input_.empty() && input_.capacity() > kKeptMemory) free_memory(input_);
}

bool Connection::send_secured(std::string_view bytes, Steady::time_point deadline) {
  while (!bytes.empty()) {
    const auto [step, count] = tls_->write(bytes);
    switch (step) {
      case TlsSession::Step::done: bytes.remove_prefix(count); break;
      case TlsSession::Step::want_read:
        if (!wait_for(fd(), POLLIN, deadline)) return false;
        break;
      case TlsSession::Step::want_write:
        if (!wait_for(fd(), POLLOUT, deadline)) return false;
        break;
      case TlsSession::Step::end:
      case TlsSession::Step::plain_http: return false;
    }
  }
  return true;
}

bool Connection::send_all(std::string_view bytes, Steady::time_point deadline) {
  if (tls_) return send_secured(bytes, deadline);
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

void Connection::finish_writing() {
  if (tls_) tls_->finish_writing();
  ::shutdown(fd(), SHUT_WR);
}

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

void Connection::shut() const { ::shutdown(fd(), SHUT_RD); }

void Connection::abort() const { ::shutdown(fd(), SHUT_RDWR); }

}  // namespace factory::http
