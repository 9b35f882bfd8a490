#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "storage/sqlite/connection.hpp"

namespace factory::storage {

/// Connections for readers: as many as read at the same time, none of which waits for the writer or
/// for another reader. Thread-safe.
class ReadPool {
 public:
  /// A connection on loan.
  class Lease {
   public:
    Lease(ReadPool& pool, std::unique_ptr<Connection> connection)
        : pool_(pool), connection_(std::move(connection)) {}
    ~Lease() { pool_.give_back(std::move(connection_)); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Connection& operator*() const { return *connection_; }

   private:
    ReadPool& pool_;
    std::unique_ptr<Connection> connection_;
  };

  explicit ReadPool(std::string file) : file_(std::move(file)) {}
  /// Throws SQLite::Exception if a further connection is needed and cannot be opened.
  Lease take();

 private:
  void give_back(std::unique_ptr<Connection> connection);

  std::string file_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>>
      idle_;  ///< the last one was used last: its cache is warm
};

}  // namespace factory::storage
