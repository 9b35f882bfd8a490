#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "common/clock.hpp"
#include "common/trace.hpp"

namespace factory {

/// Where spans go, as the environment of OpenTelemetry says it.
struct OtlpSettings {
  std::string url;  ///< of the collector's traces, "http://127.0.0.1:4318/v1/traces"
  std::vector<std::pair<std::string, std::string>> headers;  ///< may hold secrets: never logged
  std::string service;
  Millis interval{1'000};  ///< between two batches

  /// From OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, or OTEL_EXPORTER_OTLP_ENDPOINT with /v1/traces added,
  /// OTEL_EXPORTER_OTLP_HEADERS and OTEL_SERVICE_NAME (default: `service`). nullopt if no endpoint
  /// is set, or OTEL_SDK_DISABLED is "true".
  static std::optional<OtlpSettings> from_environment(
      const std::map<std::string, std::string>& environment, const std::string& service);
};

/// The variables of this process that start with OTEL_.
std::map<std::string, std::string> otel_environment();

/// The request that tells a collector of these spans (OTLP 1.x, JSON).
std::string otlp_traces(std::span<const Span> spans, const std::string& service);

/// Sends spans to a collector (OTLP over HTTP, JSON) in batches, from a thread of its own. Nobody
/// ever waits for it: what does not fit into its queue while the collector is slow or away is
/// dropped and counted. Thread-safe.
class SpanExporter {
 public:
  explicit SpanExporter(OtlpSettings settings);
  /// Sends what is left; waits two seconds for a collector that does not answer.
  ~SpanExporter();
  SpanExporter(const SpanExporter&) = delete;
  SpanExporter& operator=(const SpanExporter&) = delete;

  void add(Span span);
  /// How many were dropped since the start.
  [[nodiscard]] std::uint64_t dropped() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace factory
