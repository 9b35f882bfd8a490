#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <utility>

#include "common/result.hpp"

namespace factory::http {

/// A file descriptor that is closed with its owner.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() { reset(); }
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;

  [[nodiscard]] int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  void reset();

 private:
  int fd_ = -1;
};

struct Listener {
  Fd socket;               ///< non-blocking, closed on exec
  std::uint16_t port = 0;  ///< the one that was taken, if 0 was asked for
};

/// Binds and listens with a backlog of 1024. A port that somebody listens on is never shared
/// (no SO_REUSEPORT): `conflict`. `invalid_request` for a host that is no address of this machine.
/// `host`: a name or an address, IPv6 without brackets.
Result<Listener> listen_on(const std::string& host, std::uint16_t port);

/// "127.0.0.1" or "::1", without the port; IPv4 in IPv6 as IPv4. Empty for anything else.
std::string address_text(const sockaddr_storage& address);

/// "http://127.0.0.1:8080", IPv6 addresses in brackets.
std::string url_of(const std::string& host, std::uint16_t port, bool https = false);

}  // namespace factory::http
