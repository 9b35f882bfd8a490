#include "tests/e2e/receiver.hpp"

#include <chrono>
#include <stdexcept>

namespace factory::test {

Receiver::Receiver(int failures)
    : failures_left_(failures),
      server_([this](const std::string& request) { return take(request); }) {}

std::string Receiver::take(const std::string& request) {
  const std::lock_guard lock(mutex_);
  const bool fails = failures_left_ > 0;
  if (fails) --failures_left_;
  bodies_.push_back(nlohmann::json::parse(request.substr(request.find("\r\n\r\n") + 4)));
  changed_.notify_all();
  return std::string("HTTP/1.1 ") + (fails ? "500 Internal Server Error" : "204 No Content") +
         "\r\nContent-Length: 0\r\n\r\n";
}

Receiver::Bodies Receiver::wait_until(const std::function<bool(const Bodies&)>& enough) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, std::chrono::seconds(30), [&] { return enough(bodies_); })) {
    throw std::runtime_error("what was to be announced is not: " + nlohmann::json(bodies_).dump());
  }
  return bodies_;
}

}  // namespace factory::test
