#pragma once

#include <atomic>
#include <mutex>

namespace factory::storage {

/// One thread writes at a time. A checkpoint that asks for its turn gets it before the next commit:
/// a mutex alone would let a busy writer take it again and again.
class WriteTurn {
 public:
  using Held = std::unique_lock<std::mutex>;

  /// For commits. Waits for whoever writes, and for a checkpoint that waits already.
  Held write() {
    asked_.wait(true);
    return Held(mutex_);
  }
  /// For the checkpointer, from one thread.
  Held go_first() {
    asked_ = true;
    Held held(mutex_);
    asked_ = false;
    asked_.notify_all();
    return held;
  }

 private:
  std::mutex mutex_;
  std::atomic<bool> asked_ = false;
};

}  // namespace factory::storage
