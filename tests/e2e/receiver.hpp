#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

namespace factory::test {

/// Takes what the server announces, over HTTP on a free port of 127.0.0.1, one connection at a
/// time. The first `failures` calls are answered with 500.
class Receiver {
 public:
  explicit Receiver(int failures);
  ~Receiver();
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  [[nodiscard]] std::string url() const;
  /// Every body so far, failed calls included, once `enough` says so of them. Throws if that takes
  /// longer than half a minute.
  using Bodies = std::vector<nlohmann::json>;
  Bodies wait_until(const std::function<bool(const Bodies&)>& enough);

 private:
  void serve();
  void take(int socket);

  int listener_ = -1;
  int port_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  int failures_left_;
  Bodies bodies_;
  std::jthread thread_;
};

}  // namespace factory::test
