#pragma once

#include <sys/types.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/clock.hpp"

namespace factory::bench {

/// Takes POSTs over HTTP on a free port of 127.0.0.1 and answers 204 to each after `delay`; a
/// negative one: never. For clients that keep few connections: each has a thread.
class SlowReceiver {
 public:
  explicit SlowReceiver(Millis delay);
  ~SlowReceiver();
  SlowReceiver(const SlowReceiver&) = delete;
  SlowReceiver& operator=(const SlowReceiver&) = delete;

  [[nodiscard]] std::string url() const;
  /// How many requests came so far.
  [[nodiscard]] long taken() const { return taken_; }

 private:
  void accept_all();
  void serve(int socket, const std::stop_token& stop);
  /// Waits until it is time to answer; false: it never is.
  bool wait(const std::stop_token& stop);

  const Millis delay_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<long> taken_{0};
  std::mutex mutex_;
  std::condition_variable_any nobody_;
  std::vector<int> sockets_;
  std::vector<std::jthread> threads_;
  std::jthread acceptor_;
};

}  // namespace factory::bench
