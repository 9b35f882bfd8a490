#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace factory::http {

/// Takes a chunked body (RFC 9112 section 7.1) apart as it comes in, strictly: sizes are plain hex
/// digits, lines end in CR LF, extensions are passed over, trailer fields are dropped.
class ChunkedBody {
 public:
  enum class State { more, done, malformed, too_large };

  /// `limit`: of the body in bytes.
  explicit ChunkedBody(std::uint64_t limit) : limit_(limit) {}

  /// Takes bytes and says in `used` how many: all of them, but for what follows the body. What is
  /// of the body is appended to `body`, which may be emptied between the calls.
  State feed(std::string_view bytes, std::size_t& used, std::string& body);

 private:
  enum class Part { size_line, data, data_end, trailer };

  State take_line(std::string_view bytes, std::size_t& used);
  State end_line();
  State begin_chunk();

  std::uint64_t limit_;
  std::uint64_t announced_ = 0;  ///< by the chunks so far
  Part part_ = Part::size_line;
  std::string line_;           ///< the line that is coming in, without its end
  std::uint64_t missing_ = 0;  ///< bytes of the current chunk
  std::size_t trailer_bytes_ = 0;
};

}  // namespace factory::http
