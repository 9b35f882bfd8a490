#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "http/connection.hpp"

namespace factory::http {

/// All open connections. Thread-safe. Whoever ends a waiting connection from here only marks it
/// and wakes the worker that will close it, so that no descriptor is closed under another thread.
class Registry {
 public:
  explicit Registry(const Limits& limits) : limits_(limits) {}

  Connection& add(Fd socket, std::string peer, Steady::time_point now);
  /// Closes it.
  void remove(Connection& connection);
  [[nodiscard]] std::size_t size() const;

  /// Ends those that have waited longer than their phase allows.
  void sweep(Steady::time_point now);
  /// Ends the one that has idled longest, to make room, or else the one that has been sending its
  /// head longest. False if all are at work.
  bool evict();
  /// Ends all that wait, whatever for.
  void end_waiting();
  /// Cuts off those that are left.
  void abort_all();
  /// True once none is left; false at the deadline.
  bool wait_empty(Steady::time_point deadline);
  void wait_empty();

 private:
  [[nodiscard]] std::chrono::milliseconds patience(Connection::Phase phase) const;
  static void end(Connection& connection, Connection::Phase phase);

  const Limits& limits_;
  mutable std::mutex mutex_;
  std::condition_variable empty_;
  std::unordered_map<Connection*, std::unique_ptr<Connection>> all_;
};

}  // namespace factory::http
