#include "http/registry.hpp"

namespace factory::http {

using Phase = Connection::Phase;

Connection& Registry::add(Fd socket, std::string peer, Steady::time_point now) {
  auto connection = std::make_unique<Connection>(std::move(socket), std::move(peer));
  connection->since = now.time_since_epoch().count();
  Connection& added = *connection;
  const std::lock_guard lock(mutex_);
  all_.emplace(&added, std::move(connection));
  return added;
}

void Registry::remove(Connection& connection) {
  const std::lock_guard lock(mutex_);
  all_.erase(&connection);
  if (all_.empty()) empty_.notify_all();
}

std::size_t Registry::size() const {
  const std::lock_guard lock(mutex_);
  return all_.size();
}

std::chrono::milliseconds Registry::patience(Phase phase) const {
  switch (phase) {
    case Phase::idle: return limits_.idle;
    case Phase::head: return limits_.head_time;
    case Phase::draining: return limits_.drain_time;
    case Phase::busy:  // a worker keeps its own deadlines
    case Phase::expired:
    case Phase::late: break;
  }
  return std::chrono::milliseconds::max();
}

void Registry::end(Connection& connection, Phase phase) {
  // A worker that has just taken the connection wins: it has something to do.
  if (connection.phase.compare_exchange_strong(
          phase, phase == Phase::head ? Phase::late : Phase::expired)) {
    connection.shut();
  }
}

void Registry::sweep(Steady::time_point now) {
  const std::lock_guard lock(mutex_);
  for (const auto& [key, connection] : all_) {
    const Phase phase = connection->phase;
    const std::chrono::milliseconds most = patience(phase);
    if (most == std::chrono::milliseconds::max()) continue;
    const Steady::time_point since{Steady::duration{connection->since.load()}};
    if (now - since >= most) end(*connection, phase);
  }
}

bool Registry::evict() {
  const std::lock_guard lock(mutex_);
  for (const Phase phase : {Phase::idle, Phase::draining, Phase::head}) {
    Connection* oldest = nullptr;
    for (const auto& [key, connection] : all_) {
      if (connection->phase != phase) continue;
      if (oldest == nullptr || connection->since < oldest->since) oldest = connection.get();
    }
    if (oldest == nullptr) continue;
    end(*oldest, phase);
    return true;
  }
  return false;
}

void Registry::end_waiting() {
  const std::lock_guard lock(mutex_);
  for (const auto& [key, connection] : all_) {
    const Phase phase = connection->phase;
    if (phase == Phase::idle || phase == Phase::head || phase == Phase::draining) {
      end(*connection, phase);
    }
  }
}

void Registry::abort_all() {
  const std::lock_guard lock(mutex_);
  for (const auto& [key, connection] : all_) connection->abort();
}

bool Registry::wait_empty(Steady::time_point deadline) {
  std::unique_lock lock(mutex_);
  return empty_.wait_until(lock, deadline, [this] { return all_.empty(); });
}

void Registry::wait_empty() {
  std::unique_lock lock(mutex_);
  empty_.wait(lock, [this] { return all_.empty(); });
}

}  // namespace factory::http
