#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace factory {

/// A place in a distributed trace (W3C Trace Context). Ids are lower-case hex, never all zeros.
struct TraceContext {
  std::string trace_id;  ///< 32 digits
  std::string span_id;   ///< 16 digits
  bool sampled = false;  ///< the caller records its part
};

/// Reads a `traceparent` of version 00, or of a later one as far as 00 reaches (section 4.3);
/// nullopt if it is none.
std::optional<TraceContext> parse_traceparent(std::string_view text);
std::string format_traceparent(const TraceContext& context);

/// A new span below `parent`, or the first one of a new trace, which is sampled. Thread-safe.
TraceContext new_span(const std::optional<TraceContext>& parent);

/// Nanoseconds since 1970-01-01T00:00:00Z by the machine's clock: what spans are stamped with.
std::int64_t unix_nanos();

/// A write to the disk that one or more commands waited for.
struct Flush {
  std::int64_t began = 0;  ///< unix_nanos()
  std::int64_t ended = 0;
  std::size_t commands = 0;
};

/// One finished step of a trace.
struct Span {
  enum class Kind { internal = 1, server = 2, client = 3 };  ///< as OTLP numbers them
  using Value = std::variant<std::string, std::int64_t, bool>;

  TraceContext context;
  std::string parent_id;  ///< empty: none
  std::string name;
  Kind kind = Kind::internal;
  std::int64_t began = 0;  ///< unix_nanos()
  std::int64_t ended = 0;
  std::vector<std::pair<std::string, Value>> attributes;
  bool failed = false;
};

}  // namespace factory
