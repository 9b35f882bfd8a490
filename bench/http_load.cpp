#include "bench/http_load.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstring>
#include <stdexcept>

namespace factory::bench {

HttpConnection::HttpConnection(const std::string& url, std::string token) {
  const std::size_t colon = url.rfind(':');
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(url.substr(colon + 1))));
  inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("cannot connect to " + url);
  }
  const int on = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  head_ = " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + std::move(token) + "\r\n";
}

HttpConnection::~HttpConnection() {
  if (socket_ >= 0) ::close(socket_);
}

HttpReply HttpConnection::send(std::string_view method, std::string_view path,
                               std::string_view body) {
  out_.assign(method).append(" ").append(path).append(head_);
  if (method == "POST") {
    out_.append("Content-Type: application/json\r\nContent-Length: ");
    out_.append(std::to_string(body.size())).append("\r\n");
  }
  out_.append("\r\n").append(body);
  for (std::size_t sent = 0; sent < out_.size();) {
    const ssize_t count = ::send(socket_, out_.data() + sent, out_.size() - sent, MSG_NOSIGNAL);
    if (count <= 0) throw std::runtime_error("the connection broke while sending");
    sent += static_cast<std::size_t>(count);
  }
  in_.clear();
  std::size_t end = std::string::npos;
  while ((end = in_.find("\r\n\r\n")) == std::string::npos) receive_more();
  const std::string_view head(in_.data(), end);
  HttpReply reply;
  std::from_chars(in_.data() + 9, in_.data() + 12, reply.status);
  std::size_t length = 0;
  // As the servers that are measured write it.
  for (const std::string_view name : {"Content-Length: ", "content-length: "}) {
    const std::size_t at = head.find(name);
    if (at == std::string_view::npos) continue;
    std::from_chars(in_.data() + at + name.size(), in_.data() + end, length);
  }
  while (in_.size() < end + 4 + length) receive_more();
  reply.body = std::string_view(in_).substr(end + 4, length);
  return reply;
}

std::size_t HttpConnection::receive_more() {
  std::array<char, 16'384> buffer;
  const ssize_t count = ::recv(socket_, buffer.data(), buffer.size(), 0);
  if (count <= 0) throw std::runtime_error("the connection broke while receiving");
  in_.append(buffer.data(), static_cast<std::size_t>(count));
  return static_cast<std::size_t>(count);
}

}  // namespace factory::bench
