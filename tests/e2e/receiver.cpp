#include "tests/e2e/receiver.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <stdexcept>

namespace factory::test {
namespace {

std::size_t content_length(const std::string& head) {
  const std::size_t at = head.find("Content-Length: ");
  return at == std::string::npos ? 0 : std::stoul(head.substr(at + 16));
}

/// The body of the one request that comes; empty if the caller has gone.
std::string read_body(int socket) {
  std::string text;
  for (;;) {
    const std::size_t end = text.find("\r\n\r\n");
    if (end != std::string::npos) {
      const std::size_t size = content_length(text.substr(0, end + 2));
      if (text.size() >= end + 4 + size) return text.substr(end + 4, size);
    }
    std::array<char, 65536> chunk{};
    const ssize_t got = ::recv(socket, chunk.data(), chunk.size(), 0);
    if (got <= 0) return {};
    text.append(chunk.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace

Receiver::Receiver(int failures) : failures_left_(failures) {
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
  thread_ = std::jthread([this] { serve(); });
}

Receiver::~Receiver() {
  ::shutdown(listener_, SHUT_RDWR);
  thread_.join();
  ::close(listener_);
}

std::string Receiver::url() const {
  return "http://127.0.0.1:" + std::to_string(port_) + "/announced";
}

void Receiver::serve() {
  for (;;) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    take(socket);
    ::close(socket);
  }
}

void Receiver::take(int socket) {
  const std::string body = read_body(socket);
  if (body.empty()) return;
  const std::lock_guard lock(mutex_);
  const bool fails = failures_left_ > 0;
  if (fails) --failures_left_;
  const std::string answer = std::string("HTTP/1.1 ") +
                             (fails ? "500 Internal Server Error" : "204 No Content") +
                             "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  static_cast<void>(::send(socket, answer.data(), answer.size(), MSG_NOSIGNAL));
  bodies_.push_back(nlohmann::json::parse(body));
  changed_.notify_all();
}

Receiver::Bodies Receiver::wait_until(const std::function<bool(const Bodies&)>& enough) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, std::chrono::seconds(30), [&] { return enough(bodies_); })) {
    throw std::runtime_error("what was to be announced is not: " + nlohmann::json(bodies_).dump());
  }
  return bodies_;
}

}  // namespace factory::test
