#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace factory {

/// A moment, in whole milliseconds since 1970-01-01T00:00:00Z.
using Time = std::chrono::sys_time<std::chrono::milliseconds>;
using Millis = std::chrono::milliseconds;

/// Where the time comes from. Thread-safe. Tests move theirs by hand.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() const = 0;
};

/// The machine's clock.
class SystemClock final : public Clock {
 public:
  Time now() const override;
};

/// RFC 3339 in UTC with milliseconds: "2026-11-20T06:44:09.123Z".
using TimeText = std::array<char, 24>;
TimeText time_text(Time time);
std::string format_time(Time time);

/// Reads what format_time writes, and any RFC 3339 date-time with offset; nullopt if it is none.
std::optional<Time> parse_time(std::string_view text);

inline Time from_millis(std::int64_t ms) { return Time{Millis{ms}}; }
inline std::int64_t to_millis(Time time) { return time.time_since_epoch().count(); }

}  // namespace factory
