#include "http/socket.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>

namespace factory::http {
namespace {

constexpr int kBacklog = 1024;

struct AddressDeleter {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, AddressDeleter>;

std::string place(const std::string& host, std::uint16_t port) {
  return url_of(host, port).substr(std::strlen("http://"));
}

Error refused(const std::string& host, std::uint16_t port, int reason) {
  const std::string where = place(host, port);
  if (reason == EADDRINUSE) {
    return {ErrorCode::conflict,
            where + " is taken: another server listens there.",
            "Stop the other server, or choose another address with --listen (port 0 takes a free "
            "one).",
            {{"listen", "is taken"}},
            {}};
  }
  return {ErrorCode::invalid_request,
          where + " cannot be listened on: " + std::generic_category().message(reason) + ".",
          "Give --listen an address of this machine and a port that this user may use.",
          {{"listen", std::generic_category().message(reason)}},
          {}};
}

void set_on(int fd, int level, int option, int value) {
  // A socket without the option still works; it is only slower or less lucky at a restart.
  static_cast<void>(setsockopt(fd, level, option, &value, sizeof value));
}

/// A listening socket at the address, or errno.
Result<Fd> try_address(const addrinfo& address, int& reason) {
  Fd fd(socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (fd) {
    // Lets a restart have the port at once; unlike SO_REUSEPORT it never shares a listening one.
    set_on(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
    set_on(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1);
    if (address.ai_family == AF_INET6) set_on(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 0);
    if (bind(fd.get(), address.ai_addr, address.ai_addrlen) == 0 &&
        listen(fd.get(), kBacklog) == 0) {
      return fd;
    }
  }
  reason = errno;
  return Error{};
}

std::uint16_t port_of(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  if (address.ss_family == AF_INET6) {
    return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  }
  return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

}  // namespace

void Fd::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Result<Listener> listen_on(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const std::string service = std::to_string(port);
  if (getaddrinfo(host.c_str(), service.c_str(), &hints, &found) != 0) {
    return Error{ErrorCode::invalid_request,
                 "\"" + host + "\" is no address of this machine.",
                 "Give --listen a host and a port, for example 127.0.0.1:8080.",
                 {{"listen", "is no address"}},
                 {}};
  }
  const Addresses addresses(found);
  int reason = 0;
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    Result<Fd> fd = try_address(*address, reason);
    if (!fd) continue;
    const std::uint16_t taken = port_of(fd->get());
    return Listener{std::move(*fd), taken};
  }
  return refused(host, port, reason);
}

std::string address_text(const sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* bytes = nullptr;
  if (address.ss_family == AF_INET) {
    bytes = &reinterpret_cast<const sockaddr_in&>(address).sin_addr;
  } else if (address.ss_family == AF_INET6) {
    bytes = &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
  }
  if (bytes == nullptr || inet_ntop(address.ss_family, bytes, text.data(),
                                    static_cast<socklen_t>(text.size())) == nullptr) {
    return {};
  }
  const std::string_view whole(text.data());
  constexpr std::string_view mapped = "::ffff:";
  const bool is_v4 = whole.starts_with(mapped) && whole.find('.') != std::string_view::npos;
  return std::string(is_v4 ? whole.substr(mapped.size()) : whole);
}

std::string url_of(const std::string& host, std::uint16_t port, bool https) {
  const bool v6 = host.find(':') != std::string::npos;
  return std::string(https ? "https://" : "http://") + (v6 ? "[" + host + "]" : host) + ":" +
         std::to_string(port);
}

}  // namespace factory::http
