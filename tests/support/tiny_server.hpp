#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace factory::test {

/// A server on a free port of 127.0.0.1 whose answers are given byte by byte, so that a test can
/// be as rude to a client as it likes. One thread for each connection.
class TinyServer {
 public:
  /// Raw request (head and body) to raw answer. An empty answer closes the connection;
  /// `hang` leaves the client waiting until the server goes.
  using Answer = std::function<std::string(const std::string& request)>;
  static inline const std::string hang = "<hang>";

  explicit TinyServer(Answer answer);
  ~TinyServer();
  TinyServer(const TinyServer&) = delete;
  TinyServer& operator=(const TinyServer&) = delete;

  [[nodiscard]] std::string url(const std::string& path = "/") const;
  [[nodiscard]] int connections() const { return connections_; }
  /// Returns when a client has closed a connection on which it was left hanging.
  void wait_for_hang_up();
  /// Returns when a request hangs.
  void wait_for_hang();

 private:
  void accept_all();
  void serve(int socket);

  Answer answer_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> connections_{0};
  std::atomic<int> hung_up_{0};
  std::atomic<int> hanging_{0};
  std::mutex mutex_;
  std::vector<int> sockets_;
  std::vector<std::jthread> threads_;
  std::jthread acceptor_;
};

/// "HTTP/1.1 200 OK" with the length of `body`.
std::string ok(const std::string& body, const std::string& headers = {});

}  // namespace factory::test
