#include "http/outgoing_body.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "common/log.hpp"

namespace factory::http {
namespace {

constexpr std::size_t kPiece = 64U << 10U;
constexpr std::size_t kSizeLine = 18;  // 16 hex digits, CR LF

/// One chunk around `size` bytes that stand at `kSizeLine` in the buffer.
std::string_view frame(std::string& buffer, std::size_t size) {
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), size, 16).ptr;
  const auto count = static_cast<std::size_t>(end - digits.data());
  char* const begin = buffer.data() + kSizeLine - 2 - count;
  std::copy_n(digits.data(), count, begin);
  std::copy_n("\r\n", 2, begin + count);
  std::copy_n("\r\n", 2, buffer.data() + kSizeLine + size);
  return {begin, count + 2 + size + 2};
}

}  // namespace

bool send_body(Connection& connection, BodySource& source, Framing framing,
               std::chrono::milliseconds time) {
  std::string buffer(kSizeLine + kPiece + 2, '\0');
  char* const piece = buffer.data() + kSizeLine;
  std::uint64_t left = framing == Framing::length ? source.length().value_or(0) : UINT64_MAX;
  while (left > 0) {
    const std::size_t count =
        source.read(piece, static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, left)));
    if (count == 0) break;
    const std::string_view bytes =
        framing == Framing::chunked ? frame(buffer, count) : std::string_view(piece, count);
    if (!connection.send_all(bytes, Steady::now() + time)) return false;
    if (framing == Framing::length) left -= count;
  }
  switch (framing) {
    case Framing::length:
      if (left > 0) log(LogLevel::error, "a streamed answer ended before its length");
      return left == 0;
    case Framing::chunked: return connection.send_all("0\r\n\r\n", Steady::now() + time);
    case Framing::close: break;
  }
  return true;
}

}  // namespace factory::http
