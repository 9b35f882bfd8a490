#include "common/mcp/uri_template.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace factory::mcp {
namespace {

int hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

bool is_utf8(std::string_view text) {
  try {
    return !nlohmann::json(text).dump().empty();
  } catch (const nlohmann::json::type_error&) {
    return false;
  }
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F;
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_value(text[i + 1]);
    const int low = hex_value(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

bool is_path_segment(std::string_view value) {
  return !value.empty() && value != "." && value != ".." &&
         value.find_first_of("/\\") == std::string_view::npos &&
         std::ranges::none_of(value, is_control) && is_utf8(value);
}

std::optional<std::map<std::string, std::string>> match_uri(std::string_view uri_template,
                                                            std::string_view uri) {
  std::map<std::string, std::string> values;
  while (!uri_template.empty()) {
    const std::size_t open = uri_template.find('{');
    const std::string_view literal = uri_template.substr(0, open);
    if (!uri.starts_with(literal)) return std::nullopt;
    uri.remove_prefix(literal.size());
    if (open == std::string_view::npos) break;
    const std::size_t close = uri_template.find('}', open);
    if (close == std::string_view::npos) return std::nullopt;
    const std::string_view name = uri_template.substr(open + 1, close - open - 1);
    const std::string_view encoded = uri.substr(0, uri.find_first_of("/?#"));
    auto value = percent_decode(encoded);
    if (!value || !is_path_segment(*value)) return std::nullopt;
    values[std::string(name)] = std::move(*value);
    uri.remove_prefix(encoded.size());
    uri_template.remove_prefix(close + 1);
  }
  if (!uri.empty()) return std::nullopt;
  return values;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if (is_unreserved(c)) {
      encoded += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded += {'%', digits[byte >> 4U], digits[byte & 0xFU]};
    }
  }
  return encoded;
}

}  // namespace factory::mcp
