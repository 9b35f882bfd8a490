#include "bench/slow_receiver.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <stdexcept>
#include <string_view>

namespace factory::bench {

namespace {

constexpr std::string_view kAnswer = "HTTP/1.1 204 No Content\r\n\r\n";

/// Takes one request off the buffer; false if the client has gone.
bool take_request(int socket, std::string& buffer) {
  constexpr std::string_view field = "\r\nContent-Length: ";
  for (;;) {
    if (const std::size_t end = buffer.find("\r\n\r\n"); end != std::string::npos) {
      std::size_t length = 0;
      if (const std::size_t at = buffer.find(field); at < end) {
        std::from_chars(buffer.data() + at + field.size(), buffer.data() + end, length);
      }
      if (buffer.size() >= end + 4 + length) {
        buffer.erase(0, end + 4 + length);
        return true;
      }
    }
    std::array<char, 16'384> chunk;
    const ssize_t count = ::recv(socket, chunk.data(), chunk.size(), 0);
    if (count <= 0) return false;
    buffer.append(chunk.data(), static_cast<std::size_t>(count));
  }
}

}  // namespace

SlowReceiver::SlowReceiver(Millis delay) : delay_(delay) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const raw = reinterpret_cast<sockaddr*>(&address);
  if (listener_ < 0 || ::bind(listener_, raw, size) != 0 || ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, raw, &size) != 0) {
    throw std::runtime_error("no listening socket");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::jthread([this] { accept_all(); });
}

SlowReceiver::~SlowReceiver() {
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  for (std::jthread& thread : threads_) thread.request_stop();
  for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
  threads_.clear();
  for (const int socket : sockets_) ::close(socket);
  ::close(listener_);
}

std::string SlowReceiver::url() const {
  return "http://127.0.0.1:" + std::to_string(port_) + "/taken";
}

void SlowReceiver::accept_all() {
  for (int socket = 0; (socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockets_.push_back(socket);
    threads_.emplace_back([this, socket](const std::stop_token& stop) { serve(socket, stop); });
  }
}

bool SlowReceiver::wait(const std::stop_token& stop) {
  const auto never = [] { return false; };
  std::unique_lock lock(mutex_);
  if (delay_ < Millis{0}) return nobody_.wait(lock, stop, never);
  nobody_.wait_for(lock, stop, delay_, never);
  return true;
}

void SlowReceiver::serve(int socket, const std::stop_token& stop) {
  std::string buffer;
  while (take_request(socket, buffer)) {
    ++taken_;
    if (!wait(stop)) return;
    if (::send(socket, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL) < 0) return;
  }
}

}  // namespace factory::bench
