#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace factory::mcp {

/// A bounded number of threads, made when they are first needed, with a bounded queue.
class WorkerPool {
 public:
  WorkerPool(std::size_t threads, std::size_t waiting);
  /// Waits for the jobs that run; those that still wait are dropped.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// False if as many jobs wait as may. Thread-safe. Jobs must not throw.
  bool run(std::function<void()> job);

 private:
  void work(const std::stop_token& stop);

  const std::size_t most_threads_;
  const std::size_t most_waiting_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<std::function<void()>> waiting_;
  std::size_t idle_ = 0;
  std::vector<std::jthread> threads_;  ///< last: joined before the rest goes away
};

}  // namespace factory::mcp
