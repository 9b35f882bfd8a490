#include "slices/asset/naming.hpp"

#include <algorithm>

#include "common/text.hpp"
#include "http/target.hpp"

namespace factory::asset {
namespace {

constexpr std::size_t kLongestPath = 500;
constexpr std::size_t kLongestPart = 255;

bool is_ascii_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// How many bytes at `at` are invisible or turn the text around; 0: none. Control characters, line
/// separators, marks and overrides of direction (U+061C, U+200E..F, U+2028..E, U+2066..9), U+FEFF.
std::size_t invisible_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
  };
  if (byte(0) < 0x20 || byte(0) == 0x7f) return 1;
  if (byte(0) == 0xc2 && byte(1) >= 0x80 && byte(1) < 0xa0) return 2;
  if (byte(0) == 0xd8 && byte(1) == 0x9c) return 2;
  if (byte(0) == 0xe2 && byte(1) == 0x80) {
    const bool mark = byte(2) >= 0x8b && byte(2) <= 0x8f;
    const bool line_or_override = byte(2) >= 0xa8 && byte(2) <= 0xae;
    return mark || line_or_override ? 3 : 0;
  }
  if (byte(0) == 0xe2 && byte(1) == 0x81 && byte(2) >= 0xa0 && byte(2) <= 0xaf) return 3;
  return byte(0) == 0xef && byte(1) == 0xbb && byte(2) == 0xbf ? 3 : 0;
}

std::string wrong_part(std::string_view part) {
  if (part.empty()) return "may not have empty parts, or begin or end with a slash";
  if (part == "." || part == "..") return "may not hold the parts . or ..";
  if (part.size() > kLongestPart) return "may not have parts of more than 255 bytes";
  return "";
}

/// RFC 8187 section 3.2.1.
bool is_attr_char(char c) {
  return (c >= '0' && c <= '9') || is_ascii_letter(c) ||
         std::string_view("!#$&+-.^_`|~").find(c) != std::string_view::npos;
}

}  // namespace

std::string wrong_path(std::string_view path) {
  if (path.empty() || path.size() > kLongestPath) return "must have 1 to 500 bytes";
  if (!http::is_utf8(path)) return "must be UTF-8";
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (invisible_at(path, i) > 0) return "may not hold control or invisible characters";
  }
  if (path.find('\\') != std::string_view::npos) return "must have slashes, no backslashes";
  const bool drive = path.size() > 1 && path[1] == ':' && is_ascii_letter(path[0]);
  if (path.front() == '/' || path.front() == '~' || drive) return "may not be absolute";
  for (std::size_t from = 0; from <= path.size();) {
    const std::size_t slash = std::min(path.find('/', from), path.size());
    if (std::string wrong = wrong_part(path.substr(from, slash - from)); !wrong.empty()) {
      return wrong;
    }
    from = slash + 1;
  }
  return "";
}

std::string file_name_of(std::string_view given) {
  if (!http::is_utf8(given)) return "";
  const std::size_t separator = given.find_last_of("/\\");
  if (separator != std::string_view::npos) given.remove_prefix(separator + 1);
  std::string name;
  for (std::size_t i = 0; i < given.size();) {
    const std::size_t skip = invisible_at(given, i);
    if (skip == 0) name.push_back(given[i]);
    i += std::max<std::size_t>(skip, 1);
  }
  name = std::string(trimmed(name, " "));
  return wrong_path(name).empty() ? name : "";
}

std::string attachment(std::string_view name) {
  std::string plain;
  std::string encoded;
  bool same = true;
  constexpr char hex[] = "0123456789ABCDEF";
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    const bool continues = (byte & 0xc0U) == 0x80U;
    // Quotes, backslashes and percent signs are read in different ways by different clients.
    const bool safe = byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\' && c != '%';
    same = same && safe;
    if (!continues) plain.push_back(safe ? c : '_');
    if (is_attr_char(c)) {
      encoded.push_back(c);
    } else {
      encoded.append({'%', hex[byte >> 4U], hex[byte & 0xfU]});
    }
  }
  std::string value = "attachment; filename=\"" + plain + "\"";
  if (!same) value += "; filename*=UTF-8''" + encoded;
  return value;
}

}  // namespace factory::asset
