#include "mcp-stdio/worker_pool.hpp"

#include <utility>

namespace factory::mcp {

WorkerPool::WorkerPool(std::size_t threads, std::size_t waiting)
    : most_threads_(threads), most_waiting_(waiting) {}

WorkerPool::~WorkerPool() {
  for (std::jthread& thread : threads_) thread.request_stop();
}

bool WorkerPool::run(std::function<void()> job) {
  const std::scoped_lock lock(mutex_);
  if (waiting_.size() >= most_waiting_) return false;
  waiting_.push_back(std::move(job));
  if (waiting_.size() > idle_ && threads_.size() < most_threads_) {
    threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
  }
  wake_.notify_one();
  return true;
}

void WorkerPool::work(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    ++idle_;
    const bool called = wake_.wait(lock, stop, [this] { return !waiting_.empty(); });
    --idle_;
    if (!called || stop.stop_requested()) return;
    const std::function<void()> job = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    job();
    lock.lock();
  }
}

}  // namespace factory::mcp
