#include "common/json_writer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

namespace factory {

namespace {

bool plain(char c) { return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\'; }

constexpr std::uint64_t in_each_byte(unsigned char byte) { return 0x0101010101010101U * byte; }

/// How many characters in front need no escape: eight at a time, as most texts have none that does.
std::size_t plain_prefix(std::string_view text) {
  std::size_t at = 0;
  for (; at + sizeof(std::uint64_t) <= text.size(); at += sizeof(std::uint64_t)) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, text.data() + at, sizeof eight);
    // The high bit of a byte's result is set where the byte is below the subtrahend.
    const auto below = [](std::uint64_t bytes, unsigned char limit) {
      return (bytes - in_each_byte(limit)) & ~bytes & in_each_byte(0x80);
    };
    const std::uint64_t escaped = below(eight, 0x20) | below(eight ^ in_each_byte('"'), 1) |
                                  below(eight ^ in_each_byte('\\'), 1);
    if (escaped != 0) break;
  }
  while (at < text.size() && plain(text[at])) ++at;
  return at;
}

void escape(std::string& out, char c) {
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  constexpr std::string_view digits = "0123456789abcdef";
  out += "\\u00";
  out += digits[static_cast<unsigned char>(c) >> 4U];
  out += digits[static_cast<unsigned char>(c) & 15U];
}

}  // namespace

void JsonWriter::comma() {
  if (text_.empty()) return;
  const char last = text_.back();
  if (last != '{' && last != '[' && last != ':') text_ += ',';
}

JsonWriter& JsonWriter::open(char bracket) {
  comma();
  text_ += bracket;
  return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
  text_ += bracket;
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  value(name);
  text_ += ':';
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
  comma();
  text_ += '"';
  while (!text.empty()) {
    const std::size_t count = plain_prefix(text);
    text_.append(text, 0, count);
    if (count < text.size()) escape(text_, text[count]);
    text.remove_prefix(std::min(count + 1, text.size()));
  }
  text_ += '"';
  return *this;
}

JsonWriter& JsonWriter::value(Time time) {
  const TimeText text = time_text(time);
  comma();
  text_ += '"';
  text_.append(text.data(), text.size());
  text_ += '"';
  return *this;
}

JsonWriter& JsonWriter::value(std::int64_t number) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  return raw({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

JsonWriter& JsonWriter::value(double number) {
  if (!std::isfinite(number)) return null();
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  return raw({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

JsonWriter& JsonWriter::raw(std::string_view json) {
  comma();
  text_ += json;
  return *this;
}

}  // namespace factory
