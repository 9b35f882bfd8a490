#include "common/otlp.hpp"

#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <nlohmann/json.hpp>
#include <stop_token>
#include <string_view>
#include <thread>

#include "common/http_client.hpp"
#include "common/log.hpp"
#include "common/version.hpp"

namespace factory {
namespace {

using nlohmann::json;

constexpr std::size_t most_waiting = 4'096;
constexpr std::size_t most_in_batch = 512;
/// For one batch; so much longer may the end of the program take, too.
constexpr Millis patience{2'000};

json value_of(const Span::Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return {{"stringValue", *text}};
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    return {{"intValue", std::to_string(*number)}};  // 64 bits are text in protobuf's JSON
  }
  return {{"boolValue", std::get<bool>(value)}};
}

json attribute(const std::string& key, const Span::Value& value) {
  return {{"key", key}, {"value", value_of(value)}};
}

json document_of(const Span& span) {
  json attributes = json::array();
  for (const auto& [key, value] : span.attributes) attributes.push_back(attribute(key, value));
  json document{{"traceId", span.context.trace_id},
                {"spanId", span.context.span_id},
                {"name", span.name},
                {"kind", static_cast<int>(span.kind)},
                {"startTimeUnixNano", std::to_string(span.began)},
                {"endTimeUnixNano", std::to_string(span.ended)},
                {"attributes", std::move(attributes)}};
  if (!span.parent_id.empty()) document["parentSpanId"] = span.parent_id;
  document["status"] = span.failed ? json{{"code", 2}} : json::object();
  return document;
}

std::string value_in(const std::map<std::string, std::string>& environment, const char* name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

std::string trimmed(std::string_view text) {
  const std::size_t start = text.find_first_not_of(" \t");
  if (start == std::string_view::npos) return {};
  return std::string(text.substr(start, text.find_last_not_of(" \t") - start + 1));
}

/// "name=value,name=value", as W3C Baggage writes them.
std::vector<std::pair<std::string, std::string>> read_headers(std::string_view list) {
  std::vector<std::pair<std::string, std::string>> headers;
  while (!list.empty()) {
    const std::string_view entry = list.substr(0, list.find(','));
    list.remove_prefix(std::min(entry.size() + 1, list.size()));
    const std::size_t equal = entry.find('=');
    if (equal == std::string_view::npos) continue;
    headers.emplace_back(trimmed(entry.substr(0, equal)), trimmed(entry.substr(equal + 1)));
  }
  return headers;
}

}  // namespace

std::optional<OtlpSettings> OtlpSettings::from_environment(
    const std::map<std::string, std::string>& environment, const std::string& service) {
  if (value_in(environment, "OTEL_SDK_DISABLED") == "true") return std::nullopt;
  OtlpSettings settings;
  settings.url = value_in(environment, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
  if (settings.url.empty()) {
    settings.url = value_in(environment, "OTEL_EXPORTER_OTLP_ENDPOINT");
    if (settings.url.empty()) return std::nullopt;
    while (settings.url.ends_with('/')) settings.url.pop_back();
    settings.url += "/v1/traces";
  }
  settings.headers = read_headers(value_in(environment, "OTEL_EXPORTER_OTLP_HEADERS"));
  settings.service = value_in(environment, "OTEL_SERVICE_NAME");
  if (settings.service.empty()) settings.service = service;
  return settings;
}

std::map<std::string, std::string> otel_environment() {
  std::map<std::string, std::string> found;
  for (char** at = ::environ; *at != nullptr; ++at) {
    const std::string_view entry = *at;
    const std::size_t equal = entry.find('=');
    if (!entry.starts_with("OTEL_") || equal == std::string_view::npos) continue;
    found.emplace(entry.substr(0, equal), entry.substr(equal + 1));
  }
  return found;
}

std::string otlp_traces(std::span<const Span> spans, const std::string& service) {
  json list = json::array();
  for (const Span& span : spans) list.push_back(document_of(span));
  const json scope{{"name", "agent-factory"}, {"version", std::string(version())}};
  const json resource{
      {"attributes",
       {attribute("service.name", service), attribute("service.version", std::string(version()))}}};
  const json group{{"scope", scope}, {"spans", std::move(list)}};
  const json traces{{"resourceSpans", {{{"resource", resource}, {"scopeSpans", {group}}}}}};
  // Paths and names come from strangers: they must not make the request invalid.
  return traces.dump(-1, ' ', false, json::error_handler_t::replace);
}

struct SpanExporter::Impl {
  explicit Impl(OtlpSettings given)
      : settings(std::move(given)), thread([this](const std::stop_token& stop) { loop(stop); }) {}

  void loop(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      std::unique_lock lock(mutex);
      wake.wait_for(lock, stop, settings.interval,
                    [this] { return waiting.size() >= most_in_batch; });
      send_all(lock);
    }
    std::unique_lock lock(mutex);
    send_all(lock);
  }

  /// Sends batches until none waits or one fails. `lock` is given up while one is under way.
  void send_all(std::unique_lock<std::mutex>& lock) {
    while (!waiting.empty()) {
      const std::size_t count = std::min(waiting.size(), most_in_batch);
      const auto end = waiting.begin() + static_cast<std::ptrdiff_t>(count);
      const std::vector<Span> batch(std::move_iterator(waiting.begin()), std::move_iterator(end));
      waiting.erase(waiting.begin(), end);
      lock.unlock();
      const bool taken = send(batch);
      if (!taken) dropped += count;
      lock.lock();
      if (!taken) return;
    }
  }

  bool send(const std::vector<Span>& batch) {
    HttpRequest request;
    request.method = "POST";
    request.url = settings.url;
    request.headers = settings.headers;
    request.headers.emplace_back("Content-Type", "application/json");
    request.body = otlp_traces(batch, settings.service);
    request.timeout = patience;
    const Result<HttpResponse> answer = client.send(request);
    const bool taken = answer && answer->status >= 200 && answer->status < 300;
    if (taken != reachable) {
      reachable = taken;
      log(taken ? LogLevel::info : LogLevel::warning,
          taken ? "the trace collector takes spans again" : "the trace collector takes no spans",
          {{"why", taken    ? ""
                   : answer ? "it answered " + std::to_string(answer->status)
                            : answer.error().detail}});
    }
    return taken;
  }

  const OtlpSettings settings;
  HttpClient client;
  bool reachable = true;  ///< the thread's own
  std::atomic<std::uint64_t> dropped{0};
  std::mutex mutex;
  std::condition_variable_any wake;
  std::vector<Span> waiting;
  std::jthread thread;  ///< the last member: it uses the others
};

SpanExporter::SpanExporter(OtlpSettings settings)
    : impl_(std::make_unique<Impl>(std::move(settings))) {}

SpanExporter::~SpanExporter() = default;

void SpanExporter::add(Span span) {
  bool full = false;
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->waiting.size() >= most_waiting) {
      ++impl_->dropped;
      return;
    }
    impl_->waiting.push_back(std::move(span));
    full = impl_->waiting.size() == most_in_batch;
  }
  if (full) impl_->wake.notify_one();
}

std::uint64_t SpanExporter::dropped() const { return impl_->dropped; }

}  // namespace factory
