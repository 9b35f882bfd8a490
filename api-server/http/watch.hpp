#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "common/log.hpp"
#include "common/otlp.hpp"
#include "common/trace.hpp"
#include "http/handlers.hpp"
#include "http/message.hpp"
#include "http/metrics.hpp"

namespace factory::http {

/// Which requests the log tells of, one line each. At the level debug it tells of all.
enum class AccessLog { none, failed, all };

/// Who is told of requests. The pointers may be null, and must outlive the router.
struct WatchParts {
  Metrics* metrics = nullptr;
  SpanExporter* spans = nullptr;
  AccessLog access_log = AccessLog::none;
};

/// Watches one request from its head to its answer: counts it, logs it, and traces it if its caller
/// does, or of itself if it has none. One thread.
class Watch {
 public:
  Watch(const WatchParts& parts, const Head& head);

  /// The context to hand on: of this request's span, or the caller's own if nothing is traced
  /// here; empty if there is none.
  [[nodiscard]] const std::string& traceparent() const { return traceparent_; }

  /// What the request came to. `counts` is null without metrics; `route` for what no route takes.
  struct End {
    const Route* route = nullptr;
    RouteCounts* counts = nullptr;
    const Request& request;
    std::string_view path;
    int status = 0;
    std::optional<Flush> flush;
  };
  void end(const End& end);

 private:
  [[nodiscard]] LogLevel level_of(int status) const;
  void write_line(LogLevel level, const End& end, std::chrono::nanoseconds took) const;
  void add_spans(const End& end) const;

  const WatchParts& parts_;
  const Head& head_;
  std::chrono::steady_clock::time_point began_;
  std::optional<TraceContext> parent_;
  std::optional<TraceContext> own_;  ///< set if a span is made
  std::int64_t began_unix_ = 0;
  std::string traceparent_;
};

}  // namespace factory::http
