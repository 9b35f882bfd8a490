#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "common/result.hpp"
#include "http/connection.hpp"
#include "http/message.hpp"
#include "http/tls.hpp"

namespace factory::http {

/// The HTTP/1.1 server. Connections that wait, for a request or for the rest of a head, cost memory
/// and no thread: workers take what has come in, and are made when all others are busy. Pipelined
/// requests are answered in order. What a stranger can send is bounded by `Limits`.
///
///   Server server(application, limits);
///   auto url = server.start("127.0.0.1", 0);   // serves from now on
///   server.stop();
class Server {
 public:
  /// `application` must outlive the server. With `tls` all connections speak HTTPS.
  explicit Server(Application& application, Limits limits = {},
                  std::shared_ptr<TlsContext> tls = {});
  ~Server();  ///< stops
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Binds, listens and serves in threads of its own; gives the URL, with the port that was taken
  /// if `port` is 0. `conflict` if another server listens there. Call it once.
  Result<std::string> start(const std::string& host, std::uint16_t port);

  /// Takes no new connections and requests, ends those that idle at once, lets the requests that
  /// run finish, and cuts off after `Limits::stop_time` who is still sending or reading. Returns
  /// when all is over. Idempotent, from any thread but a handler's.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace factory::http
