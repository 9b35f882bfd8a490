#include "tests/stdio/tcp_server.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "tests/stdio/process.hpp"

namespace factory::test {
namespace {

void await_readable(int fd, const char* what) {
  pollfd waiting{fd, POLLIN, 0};
  const auto milliseconds = std::chrono::milliseconds(patience).count();
  if (::poll(&waiting, 1, static_cast<int>(milliseconds)) <= 0) throw std::runtime_error(what);
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

bool TcpConnection::fill() {
  await_readable(socket_.get(), "nothing comes from the peer");
  std::array<char, 65536> buffer{};
  const ssize_t size = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
  if (size <= 0) return false;
  pending_.append(buffer.data(), static_cast<std::size_t>(size));
  return true;
}

SeenRequest TcpConnection::read() {
  auto request = try_read();
  if (!request) throw std::runtime_error("the peer has gone");
  return *request;
}

std::optional<SeenRequest> TcpConnection::try_read() {
  std::size_t end = std::string::npos;
  while ((end = pending_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill()) return std::nullopt;
  }
  SeenRequest request;
  std::size_t begin = pending_.find("\r\n");
  request.line = pending_.substr(0, begin);
  while (begin < end) {
    const std::size_t stop = pending_.find("\r\n", begin + 2);
    const std::string header = pending_.substr(begin + 2, stop - begin - 2);
    const std::size_t colon = header.find(": ");
    request.headers[lower(header.substr(0, colon))] = header.substr(colon + 2);
    begin = stop;
  }
  pending_.erase(0, end + 4);
  const auto length = request.headers.find("content-length");
  const std::size_t size = length == request.headers.end() ? 0 : std::stoul(length->second);
  while (pending_.size() < size) {
    if (!fill()) return std::nullopt;
  }
  request.body = pending_.substr(0, size);
  pending_.erase(0, size);
  return request;
}

void TcpConnection::answer(int status, const std::string& body, const std::string& type) {
  const std::string text = "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Type: " + type +
                           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  const ssize_t size = ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL);
  if (size != static_cast<ssize_t>(text.size())) throw std::runtime_error("the peer has gone");
}

void TcpConnection::await_close() {
  while (fill()) pending_.clear();
}

TcpServer::TcpServer() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const plain = reinterpret_cast<sockaddr*>(&address);
  if (::bind(socket_.get(), plain, size) != 0 || ::listen(socket_.get(), 64) != 0 ||
      ::getsockname(socket_.get(), plain, &size) != 0) {
    throw std::system_error(errno, std::generic_category(), "listen");
  }
  port_ = ntohs(address.sin_port);
}

void TcpServer::shut_down() const { ::shutdown(socket_.get(), SHUT_RDWR); }

void Responder::serve() {
  std::vector<std::jthread> threads;
  while (true) {
    TcpConnection accepted = server_.accept();
    if (!accepted.valid()) return;
    threads.emplace_back([this, connection = std::move(accepted)]() mutable {
      while (connection.try_read()) connection.answer(200, body_);
    });
  }
}

TcpConnection TcpServer::accept() {
  await_readable(socket_.get(), "nobody connects");
  return TcpConnection(mcp::Descriptor(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC)));
}

}  // namespace factory::test
