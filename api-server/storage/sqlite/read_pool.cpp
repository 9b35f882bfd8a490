#include "storage/sqlite/read_pool.hpp"

namespace factory::storage {

namespace {

/// More are made when needed, and closed when they come back.
constexpr std::size_t kMostIdle = 16;

}  // namespace

ReadPool::Lease ReadPool::take() {
  std::unique_ptr<Connection> connection;
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      connection = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (!connection) {
    connection = std::make_unique<Connection>(file_, Connection::Access::read);
    connection->run("PRAGMA cache_size=-1000");
  }
  return {*this, std::move(connection)};
}

void ReadPool::give_back(std::unique_ptr<Connection> connection) {
  const std::lock_guard lock(mutex_);
  if (idle_.size() < kMostIdle) idle_.push_back(std::move(connection));
}

}  // namespace factory::storage
