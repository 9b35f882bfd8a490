#include <algorithm>
#include <array>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "common/schema.hpp"
#include "common/text.hpp"

namespace factory {
namespace {

using nlohmann::json;

/// Walks over the text and tells its owner how far it has come, so that a refusal that the
/// library does not know of (depth, duplicates) has a place, too.
class Cursor {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  Cursor(const char* at, const char** reached) : at_(at), reached_(reached) {}
  reference operator*() const { return *at_; }
  Cursor& operator++() {
    *reached_ = ++at_;
    return *this;
  }
  Cursor operator++(int) {
    Cursor before = *this;
    ++*this;
    return before;
  }
  bool operator==(const Cursor& other) const { return at_ == other.at_; }
  bool operator!=(const Cursor& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  const char** reached_;
};

/// The library's words for what it met, and ours.
constexpr std::array<std::pair<std::string_view, std::string_view>, 13> kWords{{
    {"invalid string: ill-formed UTF-8 byte", "this is not valid UTF-8"},
    {"invalid string: missing closing quote", "the string has no closing quote"},
    {"invalid string: ", ""},
    {"invalid number; ", "invalid number: "},
    {"invalid literal", "this is no JSON value"},
    {"end of input", "end of the text"},
    {"'[', '{', or a literal", "a value"},
    {"string literal", "string"},
    {"number literal", "number"},
    {"true literal", "true"},
    {"false literal", "false"},
    {"null literal", "null"},
    {"; expected", ", expected"},
}};

/// "[id] parse error at …: syntax error while parsing value - REASON; last read: …" -> REASON.
std::string plain_reason(std::string_view message) {
  // What newer versions of the library say of an empty text, and older ones of any early end.
  if (message.find("empty input") != std::string_view::npos) {
    return "unexpected end of the text, expected a value";
  }
  const std::size_t dash = message.find(" - ");
  std::string reason(dash == std::string_view::npos ? "this is no JSON" : message.substr(dash + 3));
  reason.resize(std::min(reason.size(), reason.find("; last read")));
  for (const auto& [theirs, ours] : kWords) {
    const std::size_t at = reason.find(theirs);
    if (at != std::string::npos) reason.replace(at, theirs.size(), ours);
  }
  return reason;
}

/// An empty object takes three bytes of text and 64 of memory: far more values than any request
/// needs, and still a few MiB.
constexpr std::size_t kMostValues = 100'000;

/// Builds the value; refuses what is too deep, too much, or has a name twice.
class Builder {
 public:
  explicit Builder(int max_depth) : max_depth_(max_depth) {}

  bool null() { return add(nullptr); }
  bool boolean(bool value) { return add(value); }
  bool number_integer(json::number_integer_t value) { return add(value); }
  bool number_unsigned(json::number_unsigned_t value) { return add(value); }
  bool number_float(json::number_float_t value, const std::string&) { return add(value); }
  bool string(std::string& value) { return add(std::move(value)); }
  bool binary(json::binary_t&) { return refuse("binary values are no JSON"); }
  bool start_object(std::size_t) { return open(json::value_t::object); }
  bool start_array(std::size_t) { return open(json::value_t::array); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }

  bool key(std::string& name) {
    const auto [member, fresh] =
        open_.back()->get_ref<json::object_t&>().try_emplace(std::move(name));
    if (!fresh) return refuse("the name \"" + excerpt(member->first, 64) + "\" stands twice");
    member_ = &member->second;
    return true;
  }

  template <class Exception>
  bool parse_error(std::size_t position, const std::string&, const Exception& error) {
    const bool overflow = error.id == 406;  // the only other one that a parser raises
    position_ = position;
    return refuse(overflow ? "the number is too large" : plain_reason(error.what()));
  }

  json take() { return std::move(root_); }
  [[nodiscard]] const std::string& reason() const { return reason_; }
  /// Where the library stopped (it may have read one further), or 0 if this class refused.
  [[nodiscard]] std::size_t position() const { return position_; }

 private:
  template <class T>
  json* place(T&& value) {
    if (open_.empty()) {
      root_ = json(std::forward<T>(value));
      return &root_;
    }
    json& parent = *open_.back();
    if (parent.is_array()) {
      return &parent.get_ref<json::array_t&>().emplace_back(std::forward<T>(value));
    }
    *member_ = json(std::forward<T>(value));
    return member_;
  }

  /// One more; false if that is too many.
  bool count() {
    if (++values_ <= kMostValues) return true;
    return refuse("there are more than " + std::to_string(kMostValues) + " values");
  }

  template <class T>
  bool add(T&& value) {
    if (!count()) return false;
    place(std::forward<T>(value));
    return true;
  }

  bool open(json::value_t type) {
    if (static_cast<int>(open_.size()) >= max_depth_) {
      return refuse("the value is nested deeper than " + std::to_string(max_depth_) + " levels");
    }
    if (!count()) return false;
    open_.push_back(place(type));
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  bool refuse(std::string reason) {
    reason_ = std::move(reason);
    return false;
  }

  int max_depth_;
  json root_;
  std::vector<json*> open_;
  json* member_ = nullptr;
  std::size_t values_ = 0;
  std::string reason_;
  std::size_t position_ = 0;
};

/// "line 2, column 7" of the character that ends before `offset`; both count from 1.
std::string place_of(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, std::max<std::size_t>(1, offset) - 1);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t start = before.rfind('\n') + 1;  // npos + 1 is 0
  const std::size_t column = code_points(text.substr(start, offset - start));
  return "line " + std::to_string(line) + ", column " +
         std::to_string(std::max<std::size_t>(1, column));
}

Error refusal(std::string_view text, std::size_t offset, const std::string& reason) {
  return {ErrorCode::invalid_request,
          "The text cannot be read as JSON at " + place_of(text, offset) + ": " + reason + ".",
          {},
          {},
          {}};
}

}  // namespace

Result<nlohmann::json> parse_json(std::string_view text, int max_depth) {
  // The library takes a NUL for the end of the text and would not see what follows it.
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
    return refusal(text, nul + 1, "a NUL byte cannot stand in JSON");
  }
  const char* reached = text.data();
  Builder builder(max_depth);
  const Cursor first(text.data(), &reached);
  const Cursor last(text.data() + text.size(), &reached);
  if (!json::sax_parse(first, last, &builder)) {
    const auto read = static_cast<std::size_t>(reached - text.data());
    const std::size_t position = builder.position() == 0 ? read : builder.position();
    return refusal(text, std::min(position, text.size()), builder.reason());
  }
  return builder.take();
}

}  // namespace factory
