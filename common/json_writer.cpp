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

/// Whether any of eight characters needs an escape.
bool any_escaped(const char* at) {
  std::uint64_t eight = 0;
  std::memcpy(&eight, at, sizeof eight);
  // The high bit of a byte's result is set where the byte is below the subtrahend.
  const auto below = [](std::uint64_t bytes, unsigned char limit) {
    return (bytes - in_each_byte(limit)) & ~bytes & in_each_byte(0x80);
  };
  return (below(eight, 0x20) | below(eight ^ in_each_byte('"'), 1) |
          below(eight ^ in_each_byte('\\'), 1)) != 0;
}

/// Eight at a time, as most texts have none that needs an escape; the last eight overlap.
bool all_plain(std::string_view text) {
  constexpr std::size_t eight = 8;
  if (text.size() < eight) return std::all_of(text.begin(), text.end(), plain);
  for (std::size_t at = 0; at + eight < text.size(); at += eight) {
    if (any_escaped(text.data() + at)) return false;
  }
  return !any_escaped(text.data() + text.size() - eight);
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

/// The same behind the comma, if one is due.
char* JsonWriter::next(std::size_t count) {
  if (!follows()) return room(count);
  char* const at = room(count + 1);
  *at = ',';
  return at + 1;
}

/// As a string, without what may follow it.
void JsonWriter::quote(std::string_view text) {
  if (!all_plain(text)) return quote_escaped(text);
  char* const at = next(text.size() + 2);
  *at = '"';
  std::copy(text.begin(), text.end(), at + 1);
  at[text.size() + 1] = '"';
}

void JsonWriter::quote_escaped(std::string_view text) {
  *next(1) = '"';
  while (!text.empty()) {
    const auto count =
        static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), plain) - text.begin());
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
  *next(1) = bracket;
  return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
  *room(1) = bracket;
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  quote(name);
  *room(1) = ':';
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
  quote(text);
  return *this;
}

JsonWriter& JsonWriter::value(Time time) {
  const TimeText text = time_text(time);
  quote({text.data(), text.size()});
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
  std::copy(json.begin(), json.end(), next(json.size()));
  return *this;
}

}  // namespace factory
