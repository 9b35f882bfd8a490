#include "slices/asset/multipart.hpp"

#include <algorithm>
#include <utility>

#include "common/text.hpp"
#include "http/target.hpp"

namespace factory::asset {
namespace {

constexpr std::size_t kLongestBoundary = 70;
constexpr std::size_t kMostHead = 8U << 10U;
constexpr std::size_t kMostAround = 1024;
constexpr int kMostParts = 16;

Error malformed(std::string detail) {
  return {ErrorCode::invalid_request,
          "The form is malformed: " + std::move(detail) + ".",
          "Send multipart/form-data as RFC 7578 has it, for example with `curl -F`.",
          {},
          {}};
}

/// A field value of the shape `word; name=value; name="value"`, read from the left.
class Parameters {
 public:
  explicit Parameters(std::string_view text) : rest_(text) {
    const std::size_t end = std::min(rest_.find(';'), rest_.size());
    word_ = ascii_lower(trimmed(rest_.substr(0, end)));
    rest_.remove_prefix(end);
  }

  [[nodiscard]] const std::string& word() const { return word_; }

  /// The next one in `name` (lower case) and `value`. False at the end, or if it is malformed.
  bool next() {
    rest_ = trimmed(rest_);
    if (!rest_.starts_with(';')) return false;
    rest_ = trimmed(rest_.substr(1));
    const std::size_t equals = rest_.find('=');
    if (equals == std::string_view::npos || !is_token(rest_.substr(0, equals))) return false;
    name = ascii_lower(rest_.substr(0, equals));
    rest_.remove_prefix(equals + 1);
    return rest_.starts_with('"') ? quoted() : plain();
  }

  /// Everything was read, and well formed.
  [[nodiscard]] bool done() const { return trimmed(rest_).empty(); }

  std::string name;
  std::string value;

 private:
  bool plain() {
    const std::size_t end = std::min(rest_.find_first_of("; \t"), rest_.size());
    value = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return !value.empty();
  }

  bool quoted() {
    value.clear();
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == '"') {
        rest_.remove_prefix(i + 1);
        return true;
      }
      // Some clients send paths of Windows as they are: only these two are escaped by others.
      const bool escaped =
          rest_[i] == '\\' && i + 1 < rest_.size() && (rest_[i + 1] == '"' || rest_[i + 1] == '\\');
      value.push_back(rest_[escaped ? ++i : i]);
    }
    return false;
  }

  std::string_view rest_;
  std::string word_;
};

/// "type/subtype", checked; nullopt if it is none.
std::optional<std::string> media_type_of(std::string_view field) {
  const Parameters read(field);
  const std::string& type = read.word();
  const std::size_t slash = type.find('/');
  const bool sound = slash != std::string::npos && type.size() <= 127 &&
                     is_token(std::string_view(type).substr(0, slash)) &&
                     is_token(std::string_view(type).substr(slash + 1));
  return sound ? std::optional(type) : std::nullopt;
}

factory::Status read_disposition(std::string_view field, PartHead& head) {
  Parameters read(field);
  if (read.word() != "form-data") return malformed("a part is not of the form");
  bool named = false;
  while (read.next()) {
    std::optional<std::string>* const file = read.name == "filename" ? &head.file_name : nullptr;
    if ((read.name == "name" && named) || (file != nullptr && file->has_value())) {
      return malformed("a part's Content-Disposition gives " + read.name + " twice");
    }
    if (file != nullptr) *file = read.value;
    if (read.name != "name") continue;  // filename* may not be used here (RFC 7578 section 4.2)
    named = true;
    head.name = read.value;
  }
  if (!read.done()) return malformed("a part's Content-Disposition is broken");
  const bool text = http::is_utf8(head.name) && http::is_utf8(head.file_name.value_or(""));
  if (head.name.empty() || head.name.size() > 100 || !text) {
    return malformed("a part has no name, or one that is no text");
  }
  return Done{};
}

factory::Status read_line(std::string_view line, PartHead& head, bool& disposed) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
    return malformed("a line of a part's head is no field");
  }
  const bool control = std::any_of(line.begin(), line.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == '\x7f';
  });
  if (control) return malformed("a part's head holds control characters");
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (equal_ignoring_case(name, "Content-Disposition")) {
    if (std::exchange(disposed, true)) return malformed("a part has two Content-Dispositions");
    return read_disposition(value, head);
  }
  if (equal_ignoring_case(name, "Content-Type")) {
    auto type = media_type_of(value);
    if (!type || !head.media_type.empty()) return malformed("a part's Content-Type is broken");
    head.media_type = std::move(*type);
  }
  if (equal_ignoring_case(name, "Content-Transfer-Encoding")) {
    const std::string encoding = ascii_lower(value);
    if (encoding != "binary" && encoding != "8bit" && encoding != "7bit") {
      return malformed("a part is encoded, which is not done any more");
    }
  }
  return Done{};
}

}  // namespace

Result<std::string> boundary_of(std::string_view content_type) {
  Parameters read(content_type);
  std::optional<std::string> boundary;
  while (read.next()) {
    if (read.name != "boundary") continue;
    if (boundary) return malformed("its Content-Type names two boundaries");
    boundary = read.value;
  }
  const auto allowed = [](char c) {
    return is_ascii_alnum(c) || std::string_view("'()+_,-./:=? ").find(c) != std::string_view::npos;
  };
  const bool sound = read.word() == "multipart/form-data" && read.done() && boundary &&
                     !boundary->empty() && boundary->size() <= kLongestBoundary &&
                     boundary->back() != ' ' &&
                     std::all_of(boundary->begin(), boundary->end(), allowed);
  if (!sound) return malformed("its Content-Type names no sound boundary");
  return *std::move(boundary);
}

// A body begins with a boundary that has no line before it: as if one had just ended.
Multipart::Multipart(const std::string& boundary, PartSink& sink)
    : delimiter_("\r\n--" + boundary), sink_(sink), buffer_("\r\n") {}

factory::Status Multipart::feed(std::string_view bytes) {
  buffer_.append(bytes);
  for (;;) {
    Result<bool> more = step();
    if (!more) return std::move(more.error());
    if (!*more) break;
  }
  buffer_.erase(0, used_);
  used_ = 0;
  return Done{};
}

factory::Status Multipart::finish() {
  if (place_ == Place::epilogue) return Done{};
  return malformed("it ends before its last boundary");
}

/// True if there may be more to do with what came.
Result<bool> Multipart::step() {
  switch (place_) {
    case Place::preamble:
    case Place::data: return find_boundary();
    case Place::after_boundary: return read_after_boundary();
    case Place::head: return read_head();
    case Place::epilogue: break;
  }
  around_ += buffer_.size() - used_;
  used_ = buffer_.size();
  if (around_ > kMostAround) return malformed("too much follows its last boundary");
  return false;
}

factory::Status Multipart::pass_data(std::string_view bytes) {
  if (bytes.empty()) return Done{};
  if (place_ == Place::data) return sink_.data(bytes);
  around_ += bytes.size();
  if (around_ > kMostAround) return malformed("no boundary is found at its beginning");
  return Done{};
}

Result<bool> Multipart::find_boundary() {
  const std::string_view rest = std::string_view(buffer_).substr(used_);
  const std::size_t at = rest.find(delimiter_);
  if (at != std::string_view::npos) {
    if (factory::Status passed = pass_data(rest.substr(0, at)); !passed)
      return std::move(passed.error());
    if (place_ == Place::data) {
      if (factory::Status ended = sink_.end(); !ended) return std::move(ended.error());
    }
    used_ += at + delimiter_.size();
    place_ = Place::after_boundary;
    around_ = 0;
    return true;
  }
  // The end may be the beginning of a boundary.
  const std::size_t kept = std::min(rest.size(), delimiter_.size() - 1);
  if (factory::Status passed = pass_data(rest.substr(0, rest.size() - kept)); !passed) {
    return std::move(passed.error());
  }
  used_ += rest.size() - kept;
  return false;
}

Result<bool> Multipart::read_after_boundary() {
  const std::string_view rest = std::string_view(buffer_).substr(used_);
  if (rest.size() < 2) return false;
  if (rest.starts_with("--")) {
    used_ += 2;
    place_ = Place::epilogue;
    return true;
  }
  const std::size_t blanks = std::min(rest.find_first_not_of(" \t"), rest.size());
  const std::string_view line = rest.substr(blanks);
  if (blanks > kLongestBoundary) return malformed("a boundary's line is too long");
  if (line.size() < 2) return false;
  // Also bytes of a part that begin as a boundary does: RFC 2046 forbids them.
  if (!line.starts_with("\r\n")) return malformed("a boundary's line holds something else");
  if (++parts_ > kMostParts) return malformed("it has too many parts");
  used_ += blanks;  // its end stays: every line of a head has one before it
  place_ = Place::head;
  return true;
}

Result<bool> Multipart::read_head() {
  const std::string_view rest = std::string_view(buffer_).substr(used_);
  const std::size_t end = rest.find("\r\n\r\n");
  if (end == std::string_view::npos) {
    // The same for a head that comes in pieces: its end may be there but for its last bytes.
    if (rest.size() >= kMostHead + 4) return malformed("a part's head is too long");
    return false;
  }
  if (end > kMostHead) return malformed("a part's head is too long");
  PartHead head;
  bool disposed = false;
  std::string_view lines = rest.substr(0, end);
  while (!lines.empty()) {
    lines.remove_prefix(2);  // of the line before
    const std::string_view line = lines.substr(0, lines.find("\r\n"));
    lines.remove_prefix(line.size());
    if (factory::Status read = read_line(line, head, disposed); !read)
      return std::move(read.error());
  }
  if (!disposed) return malformed("a part has no Content-Disposition");
  if (factory::Status begun = sink_.begin(std::move(head)); !begun) return std::move(begun.error());
  used_ += end + 4;
  place_ = Place::data;
  return true;
}

}  // namespace factory::asset
