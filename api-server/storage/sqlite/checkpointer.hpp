#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "storage/sqlite/connection.hpp"
#include "storage/sqlite/write_turn.hpp"

namespace factory::storage {

/// Copies the write-ahead log into the database, on a thread and a connection of its own, so that
/// no commit waits for it: most is copied while the writer goes on, and only the rest that was
/// written meanwhile in a turn of its own, after which the writer starts the log from its
/// beginning.
class Checkpointer {
 public:
  /// `checkpoint_at`: frames of the log, one changed page of 4 KiB each, from which on it is to be
  /// started again.
  Checkpointer(const std::string& file, WriteTurn& turn, int checkpoint_at);
  /// Stops the thread. What is not yet copied stays in the log.
  ~Checkpointer();
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;

  /// The log has `frames` now. Called by the writer after each commit; cheap.
  void grown(int frames);
  /// Why the last checkpoint failed. The writer must not go on then: pages whose flush failed may
  /// be lost although a later flush succeeds.
  [[nodiscard]] std::optional<std::string> failed() const;

 private:
  void run(const std::stop_token& stop);
  void checkpoint();
  int copy();
  void flush_database();

  WriteTurn& turn_;
  const int checkpoint_at_;
  Connection connection_;

  std::atomic<int> newest_ = 0;  ///< frames in the log
  std::atomic<int> copy_at_;     ///< at so many frames the thread is woken to copy

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  int frames_ = 0;     ///< what grown() said and the thread has not looked at; 0: nothing
  std::string error_;  ///< empty: none
  std::atomic<bool> has_failed_ = false;
  std::jthread thread_;  ///< last: it uses the members above
};

}  // namespace factory::storage
