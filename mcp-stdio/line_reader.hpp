#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace factory::mcp {

/// Cuts a stream of bytes into lines of bounded length. Not thread-safe.
class LineReader {
 public:
  struct Sink {
    std::function<void(std::string_view)> line;  ///< without its end; never empty
    /// A line grew over the limit: what of it came first. The rest of it, up to its end, is
    /// dropped, and reading goes on with the line after it.
    std::function<void(std::string_view)> oversized;
  };

  /// `limit` in bytes, without the line's end.
  LineReader(std::size_t limit, Sink sink);

  void feed(std::string_view bytes);
  /// The stream has ended: a last line without an end counts, too.
  void end();

 private:
  void take(std::string_view part);
  void finish_line();

  std::size_t limit_;
  Sink sink_;
  std::string pending_;
  bool dropping_ = false;
};

}  // namespace factory::mcp
