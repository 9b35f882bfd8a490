#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>
#include <vector>

#include "common/clock.hpp"
#include "domain/fields.hpp"

namespace factory {

enum class Weekday { monday, tuesday, wednesday, thursday, friday, saturday, sunday };
template <>
struct EnumNames<Weekday> {
  static constexpr std::array<std::string_view, 7> names{
      "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};
};

/// The hours in which clocks run: the same ones on each working day that is no holiday, at a fixed
/// distance from UTC (summer time is not followed: the compiler's library knows no time zones). A
/// value; every call takes O(log holidays).
struct Calendar {
  int utc_offset_minutes = 0;
  std::vector<Weekday> days;           ///< at least one; each once
  int from_minute = 0;                 ///< of the local day
  int to_minute = 1440;                ///< exclusive; after from_minute
  std::vector<std::int64_t> holidays;  ///< local days since 1970-01-01, in order, each once
  static constexpr auto fields() {
    return std::tuple{field("utc_offset_minutes", &Calendar::utc_offset_minutes),
                      field("days", &Calendar::days), field("from_minute", &Calendar::from_minute),
                      field("to_minute", &Calendar::to_minute),
                      field("holidays", &Calendar::holidays)};
  }

  /// How much working time lies between the two; negative if `until` comes first.
  [[nodiscard]] Millis between(Time since, Time until) const;
  /// The first moment at which so much working time has passed since `since`: `since` itself for
  /// none, and the end of a working day rather than the beginning of the next.
  [[nodiscard]] Time after(Time since, Millis working) const;

 private:
  [[nodiscard]] std::int64_t worked_until(Time moment) const;
  [[nodiscard]] std::int64_t worked_days_before(std::int64_t day) const;
  [[nodiscard]] bool works(Weekday day) const;
};

/// Minutes of "HH:MM", up to 24:00; nullopt for anything else.
std::optional<int> minute_of_day(std::string_view text);
/// Minutes of "+HH:MM" or "-HH:MM", up to 14 hours.
std::optional<int> utc_offset_of(std::string_view text);

/// Monday for 4 (1970-01-05).
Weekday weekday_of(std::int64_t day);

}  // namespace factory
