#include "common/otlp.hpp"

#include <condition_variable>
#include <mutex>
#include <nlohmann/json.hpp>

#include "tests/support/catch.hpp"
#include "tests/support/tiny_server.hpp"

using namespace factory;
using nlohmann::json;
using test::TinyServer;

namespace {

Span span_named(const std::string& name) {
  Span span;
  span.context = new_span(std::nullopt);
  span.parent_id = "00f067aa0ba902b7";
  span.name = name;
  span.kind = Span::Kind::server;
  span.began = 1'700'000'000'123'456'789;
  span.ended = span.began + 1'000;
  span.attributes = {{"url.path", std::string("/v1/\xff")},
                     {"http.response.status_code", std::int64_t{503}},
                     {"retry", true}};
  span.failed = true;
  return span;
}

/// Waits for what happens on another thread.
class Seen {
 public:
  void add(std::string request) {
    const std::lock_guard lock(mutex_);
    requests_.push_back(std::move(request));
    changed_.notify_all();
  }
  std::string wait(std::size_t count) {
    std::unique_lock lock(mutex_);
    REQUIRE(changed_.wait_for(lock, std::chrono::seconds(30),
                              [&] { return requests_.size() >= count; }));
    return requests_.at(count - 1);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> requests_;
};

json body_of(const std::string& request) {
  return json::parse(request.substr(request.find("\r\n\r\n") + 4));
}

}  // namespace

TEST_CASE("spans are written as OTLP's JSON wants them") {
  const Span span = span_named("GET /v1/tasks");
  const json document = json::parse(otlp_traces({&span, 1}, "factory-test"));
  const json& group = document.at("resourceSpans").at(0);
  CHECK(group.at("resource").at("attributes").at(0) ==
        json::parse(R"({"key":"service.name","value":{"stringValue":"factory-test"}})"));
  const json& written = group.at("scopeSpans").at(0).at("spans").at(0);
  CHECK(written.at("traceId") == span.context.trace_id);
  CHECK(written.at("spanId") == span.context.span_id);
  CHECK(written.at("parentSpanId") == "00f067aa0ba902b7");
  CHECK(written.at("kind") == 2);
  CHECK(written.at("startTimeUnixNano") == "1700000000123456789");
  CHECK(written.at("endTimeUnixNano") == "1700000000123457789");
  CHECK(written.at("status") == json{{"code", 2}});
  const json& attributes = written.at("attributes");
  CHECK(attributes.at(0).at("value").at("stringValue") == "/v1/\xef\xbf\xbd");
  CHECK(attributes.at(1).at("value").at("intValue") == "503");
  CHECK(attributes.at(2).at("value").at("boolValue") == true);
}

TEST_CASE("a collector gets spans with the headers that were asked for") {
  Seen seen;
  TinyServer collector([&](const std::string& request) {
    seen.add(request);
    return test::ok("{}");
  });
  auto settings = OtlpSettings::from_environment(
      {{"OTEL_EXPORTER_OTLP_ENDPOINT", collector.url()},
       {"OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=blue, authorization=Basic abc="}},
      "factory-test");
  REQUIRE(settings);
  settings->interval = Millis{1};
  SpanExporter exporter(*settings);
  exporter.add(span_named("one"));
  const std::string request = seen.wait(1);
  CHECK(request.starts_with("POST /v1/traces "));
  CHECK(request.find("x-tenant: blue\r\n") != std::string::npos);
  CHECK(request.find("authorization: Basic abc=\r\n") != std::string::npos);
  CHECK(request.find("Content-Type: application/json\r\n") != std::string::npos);
  CHECK(body_of(request)["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["name"] == "one");
  CHECK(exporter.dropped() == 0);
}

TEST_CASE("what is left goes out at the end") {
  Seen seen;
  TinyServer collector([&](const std::string& request) {
    seen.add(request);
    return test::ok("{}");
  });
  {
    SpanExporter exporter({collector.url("/v1/traces"), {}, "factory-test", Millis{3'600'000}});
    exporter.add(span_named("last"));
  }
  CHECK(body_of(seen.wait(1))["resourceSpans"][0]["scopeSpans"][0]["spans"].size() == 1);
}

TEST_CASE("while the collector is away spans are dropped and counted, and nobody waits") {
  SpanExporter exporter({"http://127.0.0.1:1/v1/traces", {}, "factory-test", Millis{3'600'000}});
  constexpr std::size_t many = 20'000;
  for (std::size_t i = 0; i < many; ++i) exporter.add(span_named("lost"));
  CHECK(exporter.dropped() > 0);
  CHECK(exporter.dropped() <= many);
}

TEST_CASE("the environment says where spans go") {
  const auto at = [](const std::map<std::string, std::string>& environment) {
    const auto settings = OtlpSettings::from_environment(environment, "own");
    return settings ? settings->service + " " + settings->url : std::string("nowhere");
  };
  CHECK(at({}) == "nowhere");
  CHECK(at({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318/"}}) == "own http://c:4318/v1/traces");
  CHECK(at({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318"},
            {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://d/in"},
            {"OTEL_SERVICE_NAME", "house"}}) == "house http://d/in");
  CHECK(at({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c"}, {"OTEL_SDK_DISABLED", "true"}}) ==
        "nowhere");
}
