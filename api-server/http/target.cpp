#include "http/target.hpp"

#include <algorithm>
#include <cstdint>

namespace factory::http {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

/// How many bytes follow the first one of a character, and the smallest code point that needs as
/// many; -1 if no character begins so.
struct Lead {
  int more;
  std::uint32_t bits;
  std::uint32_t least;
};
Lead lead_of(unsigned char byte) {
  if (byte < 0x80U) return {0, byte, 0};
  if ((byte & 0xe0U) == 0xc0U) return {1, byte & 0x1fU, 0x80};
  if ((byte & 0xf0U) == 0xe0U) return {2, byte & 0x0fU, 0x800};
  if ((byte & 0xf8U) == 0xf0U) return {3, byte & 0x07U, 0x10000};
  return {-1, 0, 0};
}

}  // namespace

Target split_target(std::string_view target) {
  const std::size_t mark = target.find('?');
  if (mark == std::string_view::npos) return {target, {}};
  return {target.substr(0, mark), target.substr(mark + 1)};
}

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    auto [more, point, least] = lead_of(static_cast<unsigned char>(text[i++]));
    if (more < 0) return false;
    for (; more > 0; --more) {
      if (i == text.size()) return false;
      const auto byte = static_cast<unsigned char>(text[i++]);
      if ((byte & 0xc0U) != 0x80U) return false;
      point = (point << 6U) | (byte & 0x3fU);
    }
    if (point < least || point > 0x10ffffU || (point >= 0xd800U && point <= 0xdfffU)) return false;
  }
  return true;
}

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_blank) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_blank) {
      decoded.push_back(' ');
    } else if (text[i] != '%') {
      decoded.push_back(text[i]);
    } else {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      decoded.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    }
  }
  if (!is_utf8(decoded)) return std::nullopt;
  return decoded;
}

std::string percent_encode(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if (is_unreserved(c)) {
      encoded.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded.append({'%', kHex[byte >> 4U], kHex[byte & 0xfU]});
  }
  return encoded;
}

Query read_query(std::string_view query) {
  Query read;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    auto name = percent_decode(pair.substr(0, equals), true);
    auto value = percent_decode(pair.substr(std::min(equals + 1, pair.size())), true);
    if (name && value) {
      read.params.emplace_back(std::move(*name), std::move(*value));
    } else {
      read.broken.push_back(name ? *name
                                 : std::string(pair.substr(0, std::min<std::size_t>(equals, 64))));
    }
  }
  return read;
}

}  // namespace factory::http
