#include "common/json_members.hpp"

#include <algorithm>
#include <stdexcept>

namespace factory {
namespace {

[[noreturn]] void broken() { throw std::runtime_error("a stored document is no JSON object"); }

/// Walks over JSON text (RFC 8259) and looks at as little of it as tells where values end.
class Walk {
 public:
  explicit Walk(std::string_view text) : text_(text) {}

  [[nodiscard]] char here() const {
    if (at_ >= text_.size()) broken();
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
    if (!take(c)) broken();
  }
  /// What stands between the quotes; the first one is taken.
  std::string_view string() {
    const std::size_t from = at_;
    while (true) {
      const std::size_t quote = text_.find('"', at_);
      if (quote == std::string_view::npos) broken();
      std::size_t slashes = 0;  // an even number of them escapes one another
      while (quote - slashes > from && text_[quote - slashes - 1] == '\\') ++slashes;
      at_ = quote + 1;
      if (slashes % 2 == 0) return text_.substr(from, quote - from);
    }
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

std::string pick_members(std::string_view object, std::initializer_list<std::string_view> names) {
  std::string picked = "{";
  Walk walk(object);
  walk.must_take('{');
  if (walk.take('}')) return "{}";
  do {
    walk.must_take('"');
    const std::string_view name = walk.string();
    walk.must_take(':');
    const std::string_view value = walk.value();
    if (std::find(names.begin(), names.end(), name) == names.end()) continue;
    if (picked.size() > 1) picked += ',';
    picked.append(1, '"').append(name).append("\":").append(value);
  } while (walk.take(','));
  walk.must_take('}');
  return picked += '}';
}

}  // namespace factory
