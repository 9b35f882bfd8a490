#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "http/chunked.hpp"
#include "http/connection.hpp"
#include "http/message.hpp"

namespace factory::http {

/// How slowly a body may move. Only time that is spent waiting for the other side counts.
struct Patience {
  std::chrono::milliseconds time{};
  /// That many bytes have to come within each `time`; 0: all of them within one.
  std::size_t least = 0;
};

/// Reads the body of one request off its connection; "100 Continue" is sent before the first byte
/// is waited for, if the client wants it. Nothing happens before the first call that reads. After
/// an error every further call gives it again.
class IncomingBody final : public BodyReader {
 public:
  /// `limit`: bytes, as they are after the chunks are put together. All must outlive this.
  IncomingBody(Connection& connection, const Head& head, std::uint64_t limit, Patience patience);

  /// `payload_too_large`, `request_timeout`, or `invalid_request` when the framing is wrong or the
  /// client left.
  Result<std::size_t> read(char* target, std::size_t size) override;
  /// All of it in memory, which grows with what comes and not with what was announced.
  Result<std::string> read_all();

  /// Something was read, or waited for: what is left of it cannot be passed over.
  [[nodiscard]] bool begun() const { return begun_; }
  /// It was read to its end, so that the next request follows.
  [[nodiscard]] bool complete() const { return complete_; }

 private:
  /// The next bytes, valid until the next call; empty at the end.
  Result<std::string_view> next(std::size_t most);
  Status begin();
  std::string_view take(std::size_t most);
  Status wait();
  Error give_up(ErrorCode code, std::string detail);

  Connection& connection_;
  const Head& head_;
  const std::uint64_t limit_;
  const Patience patience_;
  std::uint64_t missing_;  ///< of a body whose length is known
  ChunkedBody chunks_;
  std::string piece_;  ///< what came out of chunks
  Steady::duration waited_{};
  std::size_t moved_ = 0;  ///< since `waited_` began to count
  bool begun_ = false;
  bool complete_;
  std::optional<Error> error_;
};

}  // namespace factory::http
