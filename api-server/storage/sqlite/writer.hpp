#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "storage/sqlite/checkpointer.hpp"
#include "storage/sqlite/connection.hpp"
#include "storage/sqlite/pending.hpp"

namespace factory::storage {

/// The one connection that writes. One thread at a time. Errors are SQLite::Exception or
/// StoreFailure.
class Writer {
 public:
  /// Opens the file, sets it up and migrates it.
  explicit Writer(const std::string& file);

  Connection& connection() { return connection_; }

  /// Tells the checkpointer after each transaction how long the log has become.
  void watch(Checkpointer& checkpointer);

  /// Moves what is committed into the tables; on disk there when it returns.
  void move(std::span<const std::shared_ptr<const Batch>> batches);

  /// One transaction on disk when it returns.
  void durably(const std::function<void(Connection&)>& work);
  /// One transaction that reaches the disk with the next durable one: at the latest when the next
  /// commits are moved.
  void lazily(const std::function<void(Connection&)>& work);
  /// What stands on disk is not known since then.
  [[nodiscard]] bool flush_failed() const { return flush_failed_; }

 private:
  void finish(Transaction& transaction);

  Connection connection_;
  std::atomic<bool> flush_failed_ = false;
};

}  // namespace factory::storage
