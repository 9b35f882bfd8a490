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

/// The escape of a character that is not plain (RFC 8259 section 7).
std::string escaped(char c) {
  switch (c) {
    case '"': return "\\\"";
    case '\\': return "\\\\";
    case '\n': return "\\n";
    case '\r': return "\\r";
    case '\t': return "\\t";
    default: break;
  }
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text = "\\u00";
  text += digits[static_cast<unsigned char>(c) >> 4U];
  text += digits[static_cast<unsigned char>(c) & 15U];
  return text;
}

}  // namespace

std::string JsonWriter::take() {
  text_.resize(size_);
  size_ = 0;
  return std::move(text_);
}

/// Whether a comma goes before what is written next.
bool JsonWriter::follows() const {
  if (size_ == 0) return false;
  const char last = text_[size_ - 1];
  return last != '{' && last != '[' && last != ':';
}

/// Makes room for so many bytes behind what is written, which the caller fills.
char* JsonWriter::room(std::size_t count) {
  if (text_.size() - size_ < count) text_.resize(std::max(text_.size() * 2, size_ + count));
  char* const at = text_.data() + size_;
  size_ += count;
  return at;
}

/// The parts one behind the other, with a comma before if one is due.
void JsonWriter::append(std::initializer_list<std::string_view> parts) {
  const bool comma = follows();
  std::size_t size = comma ? 1 : 0;
  for (const std::string_view part : parts) size += part.size();
  char* at = room(size);
  if (comma) *at++ = ',';
  for (const std::string_view part : parts) at = std::copy(part.begin(), part.end(), at);
}

void JsonWriter::put_escaped(std::string_view text) {
  append({"\""});
  while (!text.empty()) {
    const std::size_t count = plain_prefix(text);
    std::copy_n(text.begin(), count, room(count));
    if (count < text.size()) {
      const std::string instead = escaped(text[count]);
      std::copy(instead.begin(), instead.end(), room(instead.size()));
    }
    text.remove_prefix(std::min(count + 1, text.size()));
  }
  *room(1) = '"';
}

JsonWriter& JsonWriter::open(char bracket) {
  append({{&bracket, 1}});
  return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
  *room(1) = bracket;
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  if (plain_prefix(name) == name.size()) {
    append({"\"", name, "\":"});
  } else {
    put_escaped(name);
    *room(1) = ':';
  }
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
  if (plain_prefix(text) == text.size()) {
    append({"\"", text, "\""});
  } else {
    put_escaped(text);
  }
  return *this;
}

JsonWriter& JsonWriter::value(Time time) {
  const TimeText text = time_text(time);
  append({"\"", {text.data(), text.size()}, "\""});
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
  append({json});
  return *this;
}

}  // namespace factory
