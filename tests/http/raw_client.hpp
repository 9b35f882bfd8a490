#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "http/socket.hpp"

namespace factory::test {

/// An answer as it came over the wire.
struct RawAnswer {
  int status = 0;
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;

  [[nodiscard]] std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
};

/// Of an answer's status line and fields, each line with its end.
RawAnswer read_head(std::string_view head);

/// A TCP client that sends whatever bytes a test likes. Waits on the socket, at most 10 s for each
/// answer; throws std::runtime_error when there is none.
class RawClient {
 public:
  /// `url` as Server::start gives it.
  explicit RawClient(const std::string& url);

  void send(std::string_view bytes);
  /// True unless the other side has ended the connection.
  bool try_send(std::string_view bytes);
  /// The next answer, its chunks put together; `head_only` for one to HEAD.
  RawAnswer read(bool head_only = false);
  RawAnswer call(std::string_view bytes) {
    send(bytes);
    return read();
  }
  /// All that comes until the other side ends the connection.
  std::string rest();
  /// Waits until the other side ends the connection. False if it sends something more.
  bool wait_closed();
  void finish_writing();
  /// Whether something comes in, or the connection ends, within the time.
  bool readable(std::chrono::milliseconds patience);

 private:
  /// False at the end of the stream.
  bool fill();
  /// Takes so many bytes, or all up to and with the end of a line.
  std::string take(std::size_t count);
  std::string take_line();
  std::string take_chunks();

  http::Fd socket_;
  std::string input_;
};

/// "GET /x HTTP/1.1" with Host and whatever further lines, each ending in CR LF.
std::string request(std::string_view line, std::string_view fields = {},
                    std::string_view body = {});

}  // namespace factory::test
