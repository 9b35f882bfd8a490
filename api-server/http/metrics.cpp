#include "http/metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace factory::http {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr double kSumUnits = 1e7;  ///< fine enough for 100 ns, and years of sums fit
constexpr auto relaxed = std::memory_order_relaxed;
constexpr std::array<std::string_view, 4> kOutcomes{"done", "obsolete", "pending", "dead"};

constexpr std::array kRequestSeconds{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                     0.05,   0.1,     0.25,   0.5,   1.0,    2.5,   10.0};
constexpr std::array kCommitSeconds{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005,
                                    0.01,   0.025,   0.1,    0.5,   2.5};
constexpr std::array kBatchCommands{1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0};
constexpr std::array kLagSeconds{0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 30.0, 300.0, 3600.0};

double seconds(std::chrono::nanoseconds took) {
  return std::chrono::duration<double>(took).count();
}

using Labels = std::vector<ClientMetric::Label>;

/// Puts the families together.
class Page {
 public:
  void family(const char* name, const char* help, MetricType type) {
    families_.push_back({name, help, type, {}});
  }
  void counter(double value, Labels labels = {}) {
    ClientMetric& metric = add(std::move(labels));
    metric.counter.value = value;
  }
  void gauge(double value, Labels labels = {}) {
    ClientMetric& metric = add(std::move(labels));
    metric.gauge.value = value;
  }
  void histogram(const Distribution& distribution, Labels labels = {}) {
    auto& histogram = add(std::move(labels)).histogram;
    std::uint64_t below = 0;
    const std::span<const double> bounds = distribution.bounds();
    for (std::size_t i = 0; i < bounds.size(); ++i) {
      below += distribution.count(i);
      histogram.bucket.push_back({below, bounds[i]});
    }
    histogram.sample_count = below + distribution.count(bounds.size());
    histogram.sample_sum = distribution.sum();
  }
  void one_counter(const char* name, const char* help, double value) {
    family(name, help, MetricType::Counter);
    counter(value);
  }
  void one_gauge(const char* name, const char* help, double value) {
    family(name, help, MetricType::Gauge);
    gauge(value);
  }
  void one_histogram(const char* name, const char* help, const Distribution& distribution) {
    family(name, help, MetricType::Histogram);
    histogram(distribution);
  }
  [[nodiscard]] std::string text() const {
    return prometheus::TextSerializer().Serialize(families_);
  }

 private:
  ClientMetric& add(Labels labels) {
    ClientMetric& metric = families_.back().metric.emplace_back();
    metric.label = std::move(labels);
    return metric;
  }
  std::vector<MetricFamily> families_;
};

std::string class_name(std::size_t index) { return std::to_string(index + 1) + "xx"; }

void add_gauges(Page& page, const Gauges& gauges) {
  page.one_gauge("factory_commands_waiting", "Commands that wait for the writer.",
                 static_cast<double>(gauges.commands_waiting));
  page.family("factory_tasks_open", "Open tasks by priority; counting stops at 10000.",
              MetricType::Gauge);
  for (const auto& [priority, count] : gauges.open_tasks) {
    page.gauge(static_cast<double>(count), {{"priority", priority}});
  }
  page.one_gauge("factory_timers_due", "Timers that are due and not fired; counting stops at 1000.",
                 static_cast<double>(gauges.timers_due));
  page.one_gauge("factory_timer_lag_seconds", "How long the timer that is due longest has been.",
                 gauges.timer_lag_seconds);
  page.one_gauge("factory_effects_pending",
                 "Effects that wait for an attempt; counting stops at 1000.",
                 static_cast<double>(gauges.effects_pending));
  page.one_gauge("factory_effects_dead", "Effects that failed for good; counting stops at 1000.",
                 static_cast<double>(gauges.effects_dead));
  page.one_gauge("factory_wal_bytes", "Size of the store's write-ahead log.",
                 static_cast<double>(gauges.wal_bytes));
  page.one_gauge("process_resident_memory_bytes", "Resident memory.",
                 static_cast<double>(gauges.resident_bytes));
}

}  // namespace

void Distribution::add(double value) noexcept {
  const auto bucket = static_cast<std::size_t>(
      std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin());
  counts_[bucket].fetch_add(1, relaxed);
  sum_.fetch_add(static_cast<std::uint64_t>(std::max(value, 0.0) * kSumUnits), relaxed);
}

double Distribution::sum() const { return static_cast<double>(sum_.load(relaxed)) / kSumUnits; }

struct Metrics::Counts {
  std::atomic<std::int64_t> in_flight{0};
  std::atomic<std::uint64_t> commands{0};
  Distribution commit_seconds{kCommitSeconds};
  Distribution batch_commands{kBatchCommands};
  Distribution timer_lag{kLagSeconds};
  std::array<std::atomic<std::uint64_t>, kOutcomes.size()> effects{};
};

Metrics::Metrics() : counts_(std::make_unique<Counts>()) {}
Metrics::~Metrics() = default;

RouteCounts& Metrics::route(const std::string& operation) {
  auto& counts = routes_[operation];
  if (!counts) counts = std::make_unique<RouteCounts>(kRequestSeconds);
  return *counts;
}

void Metrics::request_began() noexcept { counts_->in_flight.fetch_add(1, relaxed); }

void Metrics::request_ended(RouteCounts& route, int status,
                            std::chrono::nanoseconds took) noexcept {
  counts_->in_flight.fetch_sub(1, relaxed);
  const auto index = static_cast<std::size_t>(std::clamp(status / 100, 1, 5) - 1);
  route.by_class[index].fetch_add(1, relaxed);
  route.seconds.add(seconds(took));
}

void Metrics::committed(std::size_t commands, std::chrono::nanoseconds took) noexcept {
  counts_->commands.fetch_add(commands, relaxed);
  counts_->batch_commands.add(static_cast<double>(commands));
  counts_->commit_seconds.add(seconds(took));
}

void Metrics::timer_fired(Millis late) noexcept {
  counts_->timer_lag.add(std::max(0.0, static_cast<double>(late.count()) / 1000));
}

void Metrics::effect_attempted(std::string_view outcome) noexcept {
  const auto* const found = std::find(kOutcomes.begin(), kOutcomes.end(), outcome);
  if (found == kOutcomes.end()) return;
  counts_->effects[static_cast<std::size_t>(found - kOutcomes.begin())].fetch_add(1, relaxed);
}

std::string Metrics::text(const Gauges& gauges) const {
  Page page;
  page.family("factory_http_requests_total", "Answered requests.", MetricType::Counter);
  for (const auto& [operation, counts] : routes_) {
    for (std::size_t i = 0; i < counts->by_class.size(); ++i) {
      const std::uint64_t answered = counts->by_class[i].load(relaxed);
      if (answered == 0) continue;
      page.counter(static_cast<double>(answered),
                   {{"operation", operation}, {"status", class_name(i)}});
    }
  }
  page.family("factory_http_request_duration_seconds",
              "From a request's head to its answer, without the network.", MetricType::Histogram);
  for (const auto& [operation, counts] : routes_) {
    const bool used = std::any_of(counts->by_class.begin(), counts->by_class.end(),
                                  [](const auto& count) { return count.load(relaxed) > 0; });
    if (used) page.histogram(counts->seconds, {{"operation", operation}});
  }
  page.one_gauge("factory_http_requests_in_flight", "Requests at work.",
                 static_cast<double>(counts_->in_flight.load(relaxed)));
  page.one_counter("factory_commands_total", "Commands that were written.",
                   static_cast<double>(counts_->commands.load(relaxed)));
  page.one_histogram("factory_commit_commands", "Commands that share one flush.",
                     counts_->batch_commands);
  page.one_histogram("factory_commit_duration_seconds", "From the batch to the disk.",
                     counts_->commit_seconds);
  page.one_histogram("factory_timer_fire_lag_seconds", "How late timers fired.",
                     counts_->timer_lag);
  page.family("factory_effect_attempts_total", "Attempts at effects by what they came to.",
              MetricType::Counter);
  for (std::size_t i = 0; i < kOutcomes.size(); ++i) {
    page.counter(static_cast<double>(counts_->effects[i].load(relaxed)),
                 {{"outcome", std::string(kOutcomes[i])}});
  }
  if (dropped_spans_) {
    page.one_counter("factory_spans_dropped_total", "Spans that no collector took.",
                     static_cast<double>(dropped_spans_()));
  }
  add_gauges(page, gauges);
  return page.text();
}

}  // namespace factory::http
