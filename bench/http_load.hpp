#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace factory::bench {

struct HttpReply {
  int status = 0;
  std::string_view body;  ///< until the next call
};

/// One kept HTTP/1.1 connection, as thin as a client can be, so that a measurement shows the
/// server. Blocking; throws std::runtime_error when the connection breaks.
class HttpConnection {
 public:
  /// `url`: "http://127.0.0.1:8080"; `token` is sent with each request.
  HttpConnection(const std::string& url, std::string token);
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  HttpReply get(std::string_view path) { return send("GET", path, {}); }
  HttpReply post(std::string_view path, std::string_view body) { return send("POST", path, body); }

 private:
  HttpReply send(std::string_view method, std::string_view path, std::string_view body);
  std::size_t receive_more();

  int socket_ = -1;
  std::string head_;  ///< what every request carries
  std::string out_;
  std::string in_;
};

}  // namespace factory::bench
