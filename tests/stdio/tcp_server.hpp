#pragma once

#include <map>
#include <optional>
#include <string>
#include <thread>

#include "mcp-stdio/descriptor.hpp"

namespace factory::test {

/// One request as it came over the wire.
struct SeenRequest {
  std::string line;                            ///< "GET /v1/notes HTTP/1.1"
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
};

/// One accepted connection, read and answered by hand, so that a test decides what happens when.
class TcpConnection {
 public:
  explicit TcpConnection(mcp::Descriptor socket) : socket_(std::move(socket)) {}
  /// The next request; throws if none comes in time or the peer has gone.
  SeenRequest read();
  /// The same, but nothing if the peer has gone.
  std::optional<SeenRequest> try_read();
  void answer(int status, const std::string& body, const std::string& type = "application/json");
  /// Comes back when the peer has closed; throws if it does not.
  void await_close();
  [[nodiscard]] bool valid() const { return socket_.valid(); }

 private:
  bool fill();
  mcp::Descriptor socket_;
  std::string pending_;
};

/// A TCP socket that listens on a free port of the loopback interface.
class TcpServer {
 public:
  TcpServer();
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  /// The next connection; throws if none comes in time.
  TcpConnection accept();
  /// Nobody listens any more.
  void close() { socket_ = mcp::Descriptor(); }
  /// The same, for another thread: its accept() gives an invalid connection.
  void shut_down() const;

 private:
  mcp::Descriptor socket_;
  int port_ = 0;
};

/// Answers every request with 200 and this JSON, until it goes away.
class Responder {
 public:
  explicit Responder(std::string body) : body_(std::move(body)), thread_([this] { serve(); }) {}
  ~Responder() { server_.shut_down(); }
  Responder(const Responder&) = delete;
  Responder& operator=(const Responder&) = delete;
  [[nodiscard]] std::string url() const { return server_.url(); }

 private:
  void serve();
  TcpServer server_;
  std::string body_;
  std::jthread thread_;
};

}  // namespace factory::test
