#include "http/metrics.hpp"

#include <cmath>
#include <thread>
#include <vector>

#include "tests/http/example_world.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {
namespace {

using namespace std::chrono_literals;

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

/// The value of a series, -1 if it is not there.
double value_of(const std::string& text, const std::string& series) {
  const std::string all = "\n" + text;
  const auto at = all.find("\n" + series + " ");
  return at == std::string::npos ? -1 : std::stod(all.substr(at + series.size() + 2));
}

}  // namespace

TEST_CASE("metrics: requests are counted by operation and class, and how long they took") {
  http::Metrics metrics;
  http::RouteCounts& route = metrics.route("task.list");
  static_cast<void>(metrics.route("task.get"));
  const std::vector<std::pair<int, std::chrono::microseconds>> ended{
      {200, 200us}, {200, 2ms}, {503, 20s}};
  for (const auto& [status, took] : ended) {
    metrics.request_began();
    metrics.request_ended(route, status, took);
  }
  metrics.request_began();
  const std::string text = metrics.text({});
  INFO(text);
  CHECK(value_of(text, R"(factory_http_requests_total{operation="task.list",status="2xx"})") == 2);
  CHECK(value_of(text, R"(factory_http_requests_total{operation="task.list",status="5xx"})") == 1);
  const auto below = [&](const std::string& bound) {
    return value_of(
        text, R"(factory_http_request_duration_seconds_bucket{operation="task.list",le=")" + bound +
                  "\"}");
  };
  CHECK(below("0.0001") == 0);
  CHECK(below("0.00025") == 1);
  CHECK(below("0.0025") == 2);
  CHECK(below("10") == 2);
  CHECK(below("+Inf") == 3);
  const std::string sum = R"(factory_http_request_duration_seconds_sum{operation="task.list"})";
  CHECK(std::abs(value_of(text, sum) - 20.0022) < 1e-6);
  CHECK(value_of(text, "factory_http_requests_in_flight") == 1);
  CHECK(text.find("task.get") == std::string::npos);
}

TEST_CASE("metrics: commits, timers and effects are counted") {
  http::Metrics metrics;
  metrics.committed(3, 400us);
  metrics.committed(1, 2ms);
  metrics.timer_fired(Millis{700});
  metrics.effect_attempted("done");
  metrics.effect_attempted("dead");
  metrics.effect_attempted("no such outcome");
  http::Gauges gauges;
  gauges.open_tasks = {{"critical", 2}};
  gauges.commands_waiting = 7;
  const std::string text = metrics.text(gauges);
  INFO(text);
  CHECK(value_of(text, "factory_commands_total") == 4);
  CHECK(value_of(text, "factory_commit_commands_count") == 2);
  CHECK(value_of(text, R"(factory_commit_commands_bucket{le="1"})") == 1);
  CHECK(value_of(text, R"(factory_commit_duration_seconds_bucket{le="0.0005"})") == 1);
  CHECK(value_of(text, R"(factory_timer_fire_lag_seconds_bucket{le="1"})") == 1);
  CHECK(value_of(text, R"(factory_effect_attempts_total{outcome="done"})") == 1);
  CHECK(value_of(text, R"(factory_effect_attempts_total{outcome="dead"})") == 1);
  CHECK(value_of(text, R"(factory_tasks_open{priority="critical"})") == 2);
  CHECK(value_of(text, "factory_commands_waiting") == 7);
  CHECK(has_line(text, "# TYPE factory_commit_duration_seconds histogram"));
}

TEST_CASE("metrics: nothing is lost when many count at once") {
  http::Metrics metrics;
  http::RouteCounts& route = metrics.route("thing.get");
  constexpr int each = 20'000;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int j = 0; j < each; ++j) {
          metrics.request_began();
          metrics.request_ended(route, 200, 1ms);
        }
      });
    }
  }
  const std::string text = metrics.text({});
  CHECK(value_of(text, R"(factory_http_requests_total{operation="thing.get",status="2xx"})") ==
        4 * each);
  CHECK(value_of(text, "factory_http_requests_in_flight") == 0);
}

TEST_CASE("metrics: a scrape of the whole server, for whoever has a key") {
  ExampleWorld world;
  static_cast<void>(world.fresh("task"));
  CHECK(world.call("nobody", "GET", "/metrics").status == 401);
  CHECK(world.call("owner", "GET", "/no/such/place").status == 404);
  const auto scrape = world.call("erin", "GET", "/metrics");
  REQUIRE(scrape.status == 200);
  CHECK(scrape.type == "text/plain; version=0.0.4; charset=utf-8");
  INFO(scrape.body);
  CHECK(value_of(scrape.body,
                 R"(factory_http_requests_total{operation="pipeline.create",status="2xx"})") == 1);
  CHECK(value_of(scrape.body, R"(factory_http_requests_total{operation="none",status="4xx"})") ==
        1);
  CHECK(value_of(scrape.body, R"(factory_tasks_open{priority="medium"})") == 1);
  CHECK(value_of(scrape.body, "factory_commands_total") > 5);
  CHECK(value_of(scrape.body, "factory_effects_dead") == 0);
  CHECK(value_of(scrape.body, "process_resident_memory_bytes") > 1e6);
}

TEST_CASE("metrics: open to everybody where that is wanted") {
  TempDir folder;
  AppOptions options;
  options.core.data = folder.string();
  options.port = 0;
  options.metrics_public = true;
  App app(std::move(options));
  HttpClient client;
  HttpRequest request;
  request.url = app.url() + "/metrics";
  CHECK(client.send(request).value().status == 200);
  request.url = app.url() + "/v1/whoami";
  CHECK(client.send(request).value().status == 401);
}

}  // namespace factory::test
