#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "engine/observer.hpp"

namespace factory::http {

/// How often something took how long: cumulative buckets with fixed upper bounds. Counting takes no
/// lock, so a reader may see a sum that is ahead of its count by what happens right then.
class Distribution {
 public:
  /// `bounds` rise, are fewer than 20, and must outlive this.
  explicit Distribution(std::span<const double> bounds) : bounds_(bounds) {}
  void add(double value) noexcept;

  [[nodiscard]] std::span<const double> bounds() const { return bounds_; }
  [[nodiscard]] std::uint64_t count(std::size_t bucket) const {
    return counts_.at(bucket).load(std::memory_order_relaxed);
  }
  [[nodiscard]] double sum() const;

 private:
  static constexpr std::size_t most_buckets = 20;
  std::span<const double> bounds_;
  std::array<std::atomic<std::uint64_t>, most_buckets> counts_{};  ///< one more than bounds
  std::atomic<std::uint64_t> sum_{0};                              ///< in ten-millionths
};

/// What is counted of one route. Found once, when the route is bound, so that a request pays for a
/// few atomic additions alone.
struct RouteCounts {
  explicit RouteCounts(std::span<const double> bounds) : seconds(bounds) {}
  std::array<std::atomic<std::uint64_t>, 5> by_class{};  ///< 1xx to 5xx
  Distribution seconds;
};

/// What is true at the moment of a scrape, and nowhere counted.
struct Gauges {
  std::size_t commands_waiting = 0;
  std::map<std::string, std::int64_t> open_tasks;  ///< by priority
  std::int64_t timers_due = 0;
  double timer_lag_seconds = 0;  ///< of the timer that has been due longest
  std::int64_t effects_pending = 0;
  std::int64_t effects_dead = 0;
  std::uint64_t wal_bytes = 0;
  std::uint64_t resident_bytes = 0;
};

/// Counts what the server does and tells it to Prometheus. Thread-safe.
class Metrics final : public engine::Observer {
 public:
  Metrics();
  ~Metrics() override;
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  /// The counts of an operation; made if there are none. Not while requests are answered.
  RouteCounts& route(const std::string& operation);
  void request_began() noexcept;
  void request_ended(RouteCounts& route, int status, std::chrono::nanoseconds took) noexcept;

  void committed(std::size_t commands, std::chrono::nanoseconds took) noexcept override;
  void timer_fired(Millis late) noexcept override;
  void effect_attempted(std::string_view outcome) noexcept override;

  /// Spans and the like that were thrown away because nobody took them.
  void set_dropped_spans(std::function<std::uint64_t()> read) { dropped_spans_ = std::move(read); }

  /// Everything, in Prometheus' text format 0.0.4.
  [[nodiscard]] std::string text(const Gauges& gauges) const;

 private:
  struct Counts;
  std::unique_ptr<Counts> counts_;
  std::map<std::string, std::unique_ptr<RouteCounts>> routes_;
  std::function<std::uint64_t()> dropped_spans_;
};

}  // namespace factory::http
