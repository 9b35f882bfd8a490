#pragma once

#include <atomic>

#include "common/clock.hpp"

namespace factory::test {

/// A clock that stands until a test moves it. Thread-safe.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(std::string_view start = "2026-11-20T06:00:00Z")
      : now_(to_millis(parse_time(start).value())) {}

  [[nodiscard]] Time now() const override { return from_millis(now_); }
  void set(Time time) { now_ = to_millis(time); }
  void advance(Millis by) { now_ += by.count(); }

 private:
  std::atomic<std::int64_t> now_;
};

}  // namespace factory::test
