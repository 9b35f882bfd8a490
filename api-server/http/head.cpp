#include "http/head.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "common/text.hpp"

namespace factory::http {
namespace {

bool is_visible(char c) { return c > ' ' && c < '\x7f'; }

/// Blanks, visible characters and, as RFC 9110 section 5.5 allows, bytes above 127.
bool is_value_char(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == '\t' || (byte >= ' ' && byte != 0x7f);
}

Refusal malformed(std::string detail) {
  return {{ErrorCode::invalid_request, std::move(detail), {}, {}, {}}, 0};
}

Refusal wrong_field(std::string_view name, std::string detail) {
  std::string pointer = "header/" + std::string(name.substr(0, 64));
  Error error{ErrorCode::invalid_request,
              "The header " + pointer.substr(7) + " " + detail + ".",
              {},
              {},
              {}};
  error.fields.push_back({std::move(pointer), std::move(detail)});
  return {std::move(error), 0};
}

Refusal too_large(std::string detail, int status) {
  return {{ErrorCode::payload_too_large, std::move(detail), {}, {}, {}}, status};
}

/// Fields of which a second one would be an ambiguity.
constexpr std::array<std::string_view, 11> kSingle{
    "host",          "content-length", "transfer-encoding", "content-type", "content-encoding",
    "authorization", "x-api-key",      "idempotency-key",   "if-match",     "x-request-id",
    "expect"};

/// The comma-separated list has this member.
bool lists(std::string_view value, std::string_view member) {
  while (!value.empty()) {
    const std::size_t comma = std::min(value.find(','), value.size());
    if (equal_ignoring_case(trimmed(value.substr(0, comma)), member)) return true;
    value.remove_prefix(std::min(comma + 1, value.size()));
  }
  return false;
}

/// The path and query of a target in origin form or absolute form (RFC 9112 section 3.2).
std::optional<std::string_view> origin_form(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (target.size() < scheme.size() ||
        !equal_ignoring_case(target.substr(0, scheme.size()), scheme)) {
      continue;
    }
    target.remove_prefix(scheme.size());
    const std::size_t path = target.find_first_of("/?");
    if (path == std::string_view::npos || target[path] == '?') return std::nullopt;
    return target.substr(path);
  }
  if (target.empty() || (target.front() != '/' && target != "*")) return std::nullopt;
  return target;
}

class HeadParser {
 public:
  HeadParser(const HeadLimits& limits, Head& head) : limits_(limits), head_(head) {}

  std::optional<Refusal> parse(std::string_view bytes) {
    std::size_t end = bytes.find("\r\n");
    if (auto refusal = request_line(bytes.substr(0, end))) return refusal;
    bytes.remove_prefix(end + 2);
    while ((end = bytes.find("\r\n")) != 0) {
      if (auto refusal = field_line(bytes.substr(0, end))) return refusal;
      bytes.remove_prefix(end + 2);
    }
    return framing();
  }

 private:
  std::optional<Refusal> request_line(std::string_view line) {
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) {
      return malformed("The request line is not `METHOD path HTTP/1.1`.");
    }
    head_.method = line.substr(0, first);
    const std::string_view target = line.substr(first + 1, last - first - 1);
    const std::string_view version = line.substr(last + 1);
    if (!is_token(head_.method) || head_.method.size() > 32) {
      return malformed("The request line does not begin with a method.");
    }
    if (target.size() > limits_.target) {
      return too_large("The request's path and query are longer than " +
                           std::to_string(limits_.target) + " bytes.",
                       414);
    }
    const auto origin = origin_form(target);
    if (!origin || target.find('#') != std::string_view::npos ||
        !std::all_of(target.begin(), target.end(), is_visible)) {
      return malformed("The request's target is not a path; encode other characters with %.");
    }
    head_.target = *origin;
    if (version == "HTTP/1.0") head_.old = true;
    if (version != "HTTP/1.1" && !head_.old) {
      Refusal refusal = malformed("Only HTTP/1.1 and HTTP/1.0 are spoken here.");
      refusal.status = version.substr(0, 5) == "HTTP/" ? 505 : 0;
      return refusal;
    }
    return std::nullopt;
  }

  std::optional<Refusal> field_line(std::string_view line) {
    if (line.size() > limits_.line) {
      return too_large("A header field is longer than " + std::to_string(limits_.line) + " bytes.",
                       431);
    }
    if (head_.fields.size() == limits_.fields) {
      return too_large("There are more than " + std::to_string(limits_.fields) + " header fields.",
                       431);
    }
    const std::size_t colon = std::min(line.find(':'), line.size());
    const std::string_view name = line.substr(0, colon);
    if (colon == line.size() || !is_token(name)) {
      return malformed("A header field is not `Name: value` on one line.");
    }
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (!std::all_of(value.begin(), value.end(), is_value_char)) {
      return wrong_field(name, "holds a control character");
    }
    head_.fields.push_back({name, value});
    return single_field(name, value);
  }

  std::optional<Refusal> single_field(std::string_view name, std::string_view value) {
    if (equal_ignoring_case(name, "connection")) {
      head_.close = head_.close || lists(value, "close");
      return std::nullopt;
    }
    for (std::size_t i = 0; i < kSingle.size(); ++i) {
      if (!equal_ignoring_case(name, kSingle[i])) continue;
      const unsigned bit = 1U << i;
      if ((seen_ & bit) != 0) return wrong_field(name, "may be sent only once");
      seen_ |= bit;
      return std::nullopt;
    }
    return std::nullopt;
  }

  std::optional<Refusal> framing() {
    if (!head_.old && !head_.has("host")) return wrong_field("Host", "is required by HTTP/1.1");
    const std::string_view length = head_.header("content-length");
    if (head_.has("transfer-encoding")) {
      if (head_.has("content-length")) {
        return wrong_field("Transfer-Encoding", "may not be sent together with Content-Length");
      }
      if (head_.old || !equal_ignoring_case(head_.header("transfer-encoding"), "chunked")) {
        return wrong_field("Transfer-Encoding", "may only be chunked");
      }
      head_.chunked = true;
    }
    if (head_.has("content-length")) {
      std::uint64_t bytes = 0;
      const char* const end = length.data() + length.size();
      const auto [stop, failure] = std::from_chars(length.data(), end, bytes);
      if (length.empty() || failure != std::errc{} || stop != end) {
        return wrong_field("Content-Length", "is not a number of bytes");
      }
      head_.content_length = bytes;
    }
    if (head_.has("expect")) {
      if (!equal_ignoring_case(head_.header("expect"), "100-continue")) {
        Refusal refusal = wrong_field("Expect", "may only be 100-continue");
        refusal.status = 417;
        return refusal;
      }
      head_.expect_continue = !head_.old;
    }
    // A client of HTTP/1.0 that wants to stay is rare; closing is always right.
    head_.close = head_.close || head_.old;
    return std::nullopt;
  }

  const HeadLimits& limits_;
  Head& head_;
  unsigned seen_ = 0;
};

}  // namespace

std::string_view Head::header(std::string_view name) const {
  for (const Field& field : fields) {
    if (equal_ignoring_case(field.name, name)) return field.value;
  }
  return {};
}

std::string Head::list(std::string_view name) const {
  std::string values;
  for (const Field& field : fields) {
    if (!equal_ignoring_case(field.name, name)) continue;
    if (!values.empty()) values += ", ";
    values += field.value;
  }
  return values;
}

bool Head::has(std::string_view name) const {
  return std::any_of(fields.begin(), fields.end(),
                     [&](const Field& field) { return equal_ignoring_case(field.name, name); });
}

void find_head(std::string_view bytes, HeadScan& scan) {
  while (!scan.end && !scan.malformed) {
    const std::size_t newline = bytes.find('\n', scan.from);
    if (newline == std::string_view::npos) {
      scan.from = bytes.size();
      return;
    }
    if (newline == 0 || bytes[newline - 1] != '\r') {
      scan.malformed = true;
    } else if (newline >= 3 && bytes[newline - 2] == '\n') {
      scan.end = newline + 1;
    }
    scan.from = newline + 1;
  }
}

std::optional<Refusal> parse_head(std::string_view bytes, const HeadLimits& limits, Head& head) {
  head.fields.clear();
  head.content_length.reset();
  head.chunked = head.expect_continue = head.close = head.old = false;
  return HeadParser(limits, head).parse(bytes);
}

}  // namespace factory::http
