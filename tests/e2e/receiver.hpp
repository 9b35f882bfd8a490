#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/tiny_server.hpp"

namespace factory::test {

/// Takes what the server announces, over HTTP on a free port of 127.0.0.1. The first `failures`
/// calls are answered with 500.
class Receiver {
 public:
  explicit Receiver(int failures);

  [[nodiscard]] std::string url() const { return server_.url("/announced"); }
  /// Every body so far, failed calls included, once `enough` says so of them. Throws if that takes
  /// longer than half a minute.
  using Bodies = std::vector<nlohmann::json>;
  Bodies wait_until(const std::function<bool(const Bodies&)>& enough);

 private:
  std::string take(const std::string& request);

  std::mutex mutex_;
  std::condition_variable changed_;
  int failures_left_;
  Bodies bodies_;
  TinyServer server_;  // last: its threads use the rest
};

}  // namespace factory::test
