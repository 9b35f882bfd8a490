#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace factory {

/// Of ASCII alone, whatever the locale: names, header fields and ids have no other letters.
constexpr bool is_ascii_alnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
std::string ascii_lower(std::string_view text);
/// Letters of ASCII in whatever case, as the names of methods and header fields are compared.
bool equal_ignoring_case(std::string_view left, std::string_view right);

/// Without the blanks around it; they are those of HTTP (RFC 9110 section 5.6.3) unless others are
/// named.
std::string_view trimmed(std::string_view text, std::string_view blanks = " \t");

/// Whether the text is a token of HTTP (RFC 9110 section 5.6.2).
bool is_token(std::string_view text);

/// Whether the text is an address that mail can be sent to: one @ between a name and a host, up to
/// 254 visible characters of ASCII, and none of <>()[],;:\" in it.
bool is_mail_address(std::string_view text);

/// The number of code points in valid UTF-8 (what JSON Schema counts as length).
std::size_t code_points(std::string_view text);

/// `text` cut to at most `max_bytes` at the border of a code point, with "…" if anything was cut.
std::string excerpt(std::string_view text, std::size_t max_bytes);

/// Appends "/token" to a JSON pointer, escaped as RFC 6901 section 3 wants. A token longer than
/// 128 bytes is shortened: pointers go into answers, and names come from strangers.
void append_pointer(std::string& pointer, std::string_view token);

/// Makes a pointer longer by one token for as long as it lives.
class PointerStep {
 public:
  PointerStep(std::string& pointer, std::string_view token)
      : pointer_(pointer), size_(pointer.size()) {
    append_pointer(pointer, token);
  }
  ~PointerStep() { pointer_.resize(size_); }
  PointerStep(const PointerStep&) = delete;
  PointerStep& operator=(const PointerStep&) = delete;

 private:
  std::string& pointer_;
  std::size_t size_;
};

/// "a, b, c"; after `most` words "…" stands for the others.
std::string join(const std::vector<std::string>& words, std::string_view separator = ", ",
                 std::size_t most = 12);

}  // namespace factory
