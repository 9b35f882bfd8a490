#include "common/json_members.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

namespace factory {
namespace {

using nlohmann::json;

/// Walks over JSON text (RFC 8259) and looks at as little of it as tells where values end.
class Walk {
 public:
  explicit Walk(std::string_view text) : text_(text) {}

  [[nodiscard]] char here() const {
    if (at_ >= text_.size()) throw std::runtime_error("a stored document is no JSON object");
    return text_[at_];
  }
  /// True, and steps over it, if `c` stands here behind blanks.
  bool take(char c) {
    while (here() == ' ' || here() == '\n' || here() == '\r' || here() == '\t') ++at_;
    if (here() != c) return false;
    ++at_;
    return true;
  }
  void must_take(char c) {
    if (!take(c)) throw std::runtime_error("a stored document is no JSON object");
  }
  /// What stands between the quotes; the first one is taken.
  std::string_view string() {
    const std::size_t from = at_;
    for (; here() != '"'; ++at_) {
      if (here() == '\\') ++at_;
    }
    return text_.substr(from, at_++ - from);
  }
  std::string_view value() {
    const std::size_t from = at_;
    int depth = 0;
    do {
      switch (const char c = here()) {
        case '"':
          ++at_;
          string();
          break;
        case '{':
        case '[': ++depth, ++at_; break;
        case '}':
        case ']':
        case ',':
          if (depth == 0) return text_.substr(from, at_ - from);
          if (c != ',') --depth;
          ++at_;
          break;
        default: ++at_;
      }
    } while (depth > 0 || (here() != ',' && here() != '}'));
    return text_.substr(from, at_ - from);
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

json parse_members(std::string_view object, std::initializer_list<std::string_view> names) {
  json found = json::object();
  Walk walk(object);
  walk.must_take('{');
  if (walk.take('}')) return found;
  do {
    walk.must_take('"');
    const std::string_view name = walk.string();
    walk.must_take(':');
    const std::string_view value = walk.value();
    if (std::find(names.begin(), names.end(), name) == names.end()) continue;
    found[std::string(name)] = json::parse(value);
  } while (walk.take(','));
  walk.must_take('}');
  return found;
}

}  // namespace factory
