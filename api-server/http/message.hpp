#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/result.hpp"

/// What the transport (server.hpp) and the application behind it (router.hpp) say to each other.
namespace factory::http {

/// A request's head, vetted (head.hpp). The views point into memory of whoever parsed it.
struct Head {
  struct Field {
    std::string_view name;
    std::string_view value;  ///< without surrounding blanks, otherwise as it came
  };
  std::string_view method;
  std::string_view target;  ///< as it came, percent-encoded, with the query: "/v1/tasks?limit=5"
  std::vector<Field> fields;
  std::optional<std::uint64_t> content_length;
  bool chunked = false;          ///< Transfer-Encoding: chunked
  bool expect_continue = false;  ///< the client waits for "100 Continue" before it sends the body
  bool close = false;            ///< the connection ends after this exchange
  bool old = false;              ///< HTTP/1.0: knows no chunks

  [[nodiscard]] bool has_body() const { return chunked || content_length.value_or(0) > 0; }
  /// The value of the first field of this name in whatever case; empty if there is none.
  [[nodiscard]] std::string_view header(std::string_view name) const;
  /// All of them, in order, with commas between (RFC 9110 section 5.3).
  [[nodiscard]] std::string list(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const;
};

/// A body that is pulled in pieces while it comes in.
class BodyReader {
 public:
  virtual ~BodyReader() = default;
  /// The next bytes, at most `size` of them; 0 at the end. Errors as Incoming::read_body gives
  /// them.
  virtual Result<std::size_t> read(char* target, std::size_t size) = 0;
};

/// A body that is pulled in pieces while it is sent.
class BodySource {
 public:
  virtual ~BodySource() = default;
  /// The next bytes, at most `size` of them; 0 at the end. What it throws ends the connection in
  /// the middle of the answer, so that the client sees that it is not whole.
  virtual std::size_t read(char* target, std::size_t size) = 0;
  /// All bytes that will come; nullopt: nobody knows.
  [[nodiscard]] virtual std::optional<std::uint64_t> length() const = 0;
};

/// A request whose body has not been read yet, so that a stranger's body never is.
class Incoming {
 public:
  virtual ~Incoming() = default;
  [[nodiscard]] virtual const Head& head() const = 0;
  /// The address that the connection comes from, as text.
  [[nodiscard]] virtual const std::string& address() const = 0;
  /// The whole body, at most `limit` bytes (0: as many as the server takes); call it at most once.
  /// `payload_too_large`, `request_timeout`, or `invalid_request` when its framing is wrong or the
  /// client left.
  virtual Result<std::string> read_body(std::uint64_t limit) = 0;
  /// The body in pieces, instead of `read_body`; valid until the request is answered. Nothing is
  /// read before the first piece is asked for.
  virtual BodyReader& stream_body(std::uint64_t limit) = 0;
};

struct Outgoing {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;  ///< Content-Type among them
  std::string body;
  std::shared_ptr<BodySource> stream;  ///< set: sent instead of `body`
};

/// Why the transport itself refused a request. `status` 0 takes the one of the code.
struct Refusal {
  Error error;
  int status = 0;
};

/// What answers requests. Called from many threads at once; never throws.
class Application {
 public:
  virtual ~Application() = default;
  virtual Outgoing answer(Incoming& request) = 0;
  /// The answer to something that never became a request.
  virtual Outgoing refuse(const Refusal& refusal) = 0;
};

}  // namespace factory::http
