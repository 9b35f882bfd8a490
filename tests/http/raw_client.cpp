#include "tests/http/raw_client.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace factory::test {
namespace {

constexpr int kPatience = 10'000;  // ms

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

RawAnswer read_head(std::string_view head) {
  RawAnswer answer;
  answer.status = std::stoi(std::string(head.substr(9, 3)));
  head.remove_prefix(head.find("\r\n") + 2);
  while (!head.empty()) {
    const std::string_view line = head.substr(0, head.find("\r\n"));
    head.remove_prefix(line.size() + 2);
    const std::size_t colon = line.find(": ");
    if (colon == std::string_view::npos) continue;
    answer.headers.emplace(lower(std::string(line.substr(0, colon))), line.substr(colon + 2));
  }
  return answer;
}

RawClient::RawClient(const std::string& url) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1))));
  if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw std::system_error(errno, std::generic_category(), "connect");
  }
}

bool RawClient::try_send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno != EINTR) return false;
    if (count > 0) bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

void RawClient::send(std::string_view bytes) {
  if (!try_send(bytes)) throw std::runtime_error("the server ended the connection");
}

bool RawClient::readable(std::chrono::milliseconds patience) {
  pollfd waiting{socket_.get(), POLLIN, 0};
  return ::poll(&waiting, 1, static_cast<int>(patience.count())) == 1;
}

bool RawClient::fill() {
  if (!readable(std::chrono::milliseconds(kPatience)))
    throw std::runtime_error("no answer within 10 s");
  std::array<char, 16384> bytes{};
  const ssize_t count = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
  if (count <= 0) return false;
  input_.append(bytes.data(), static_cast<std::size_t>(count));
  return true;
}

RawAnswer RawClient::read(bool head_only) {
  std::size_t end = 0;
  while ((end = input_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill()) throw std::runtime_error("the connection ended in an answer's head: " + input_);
  }
  RawAnswer answer = read_head(std::string_view(input_).substr(0, end + 2));
  input_.erase(0, end + 4);
  if (head_only || answer.status == 100) return answer;
  if (answer.status == 304) return answer;
  if (answer.header("transfer-encoding") == "chunked") {
    answer.body = take_chunks();
  } else {
    answer.body = take(std::stoul("0" + answer.header("content-length")));
  }
  return answer;
}

std::string RawClient::take(std::size_t count) {
  while (input_.size() < count) {
    if (!fill()) throw std::runtime_error("the connection ended in an answer's body");
  }
  std::string bytes = input_.substr(0, count);
  input_.erase(0, count);
  return bytes;
}

std::string RawClient::take_line() {
  std::size_t end = 0;
  while ((end = input_.find("\r\n")) == std::string::npos) {
    if (!fill()) throw std::runtime_error("the connection ended in an answer's body");
  }
  return take(end + 2).substr(0, end);
}

std::string RawClient::take_chunks() {
  std::string body;
  for (;;) {
    const std::size_t size = std::stoul(take_line(), nullptr, 16);
    body += take(size);
    if (!take_line().empty()) throw std::runtime_error("a chunk is longer than it says");
    if (size == 0) return body;
  }
}

std::string RawClient::rest() {
  while (fill()) {
  }
  return std::exchange(input_, {});
}

bool RawClient::wait_closed() { return input_.empty() && !fill(); }

void RawClient::finish_writing() { ::shutdown(socket_.get(), SHUT_WR); }

std::string request(std::string_view line, std::string_view fields, std::string_view body) {
  std::string text(line);
  text.append(" HTTP/1.1\r\nHost: test\r\n").append(fields);
  if (!body.empty()) text.append("Content-Length: " + std::to_string(body.size()) + "\r\n");
  return text.append("\r\n").append(body);
}

}  // namespace factory::test
