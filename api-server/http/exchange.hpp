#pragma once

#include <atomic>
#include <cstddef>
#include <string>

#include "http/connection.hpp"
#include "http/message.hpp"
#include "http/protocol.hpp"

namespace factory::http {

/// What a worker does with a connection that something has come in on. One for each worker.
class Exchange {
 public:
  /// What becomes of the connection.
  enum class Next {
    idle,   ///< waits for the next request
    head,   ///< waits for the rest of a head
    drain,  ///< ends once the client has stopped sending
    close,
  };

  /// `stopping`: answers say that the connection ends once it is true. `waiting`: how many workers
  /// wait for their clients, counted by all of them. All must outlive this.
  Exchange(Application& application, const Limits& limits, const std::atomic<bool>& stopping,
           std::atomic<std::size_t>& waiting);

  /// Answers the requests that have come in whole.
  Next serve(Connection& connection);
  /// Tells a client that its head took too long.
  Next refuse_late(Connection& connection);

 private:
  class Request;
  class Wait;

  bool send(Connection& connection, const Protocol::Written& answer);
  Next serve_one(Connection& connection);
  Next refuse(Connection& connection, const Refusal& refusal);
  static Next keep_shaking(Connection& connection, Connection::Input input);

  Application& application_;
  const Limits& limits_;
  const std::atomic<bool>& stopping_;
  std::atomic<std::size_t>& waiting_;
  Protocol protocol_;
  std::string head_text_;
  Head head_;
};

}  // namespace factory::http
