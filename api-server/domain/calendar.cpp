#include "domain/calendar.hpp"

#include <algorithm>

namespace factory {

namespace {

constexpr std::int64_t minute_ms = 60'000;
constexpr std::int64_t day_ms = 86'400'000;

/// Rounded down, for what lies before 1970 as well.
std::int64_t floor_div(std::int64_t value, std::int64_t by) {
  return value >= 0 ? value / by : -((by - 1 - value) / by);
}

/// Two digits; nullopt for anything else.
std::optional<int> two_digits(std::string_view text) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.size() != 2 || !digit(text[0]) || !digit(text[1])) return std::nullopt;
  return (text[0] - '0') * 10 + (text[1] - '0');
}

}  // namespace

std::optional<int> minute_of_day(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const auto hours = two_digits(text.substr(0, 2));
  const auto minutes = two_digits(text.substr(3));
  if (!hours || !minutes || *minutes > 59) return std::nullopt;
  const int all = *hours * 60 + *minutes;
  return all <= 1440 ? std::optional(all) : std::nullopt;
}

std::optional<int> utc_offset_of(std::string_view text) {
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  const auto minutes = minute_of_day(text.substr(1));
  if (!minutes || *minutes > 14 * 60) return std::nullopt;
  return text[0] == '-' ? -*minutes : *minutes;
}

Weekday weekday_of(std::int64_t day) {
  const std::int64_t since_monday = day + 3;  // 1970-01-01 was a Thursday
  return static_cast<Weekday>(since_monday - floor_div(since_monday, 7) * 7);
}

bool Calendar::works(Weekday day) const {
  return std::find(days.begin(), days.end(), day) != days.end();
}

/// Counted from the Monday 1969-12-29; negative before it.
std::int64_t Calendar::worked_days_before(std::int64_t day) const {
  const std::int64_t since_monday = day + 3;
  const std::int64_t weeks = floor_div(since_monday, 7);
  std::int64_t count = weeks * static_cast<std::int64_t>(days.size());
  const auto rest = since_monday - weeks * 7;
  for (std::int64_t i = 0; i < rest; ++i) count += works(static_cast<Weekday>(i)) ? 1 : 0;
  const auto end = std::lower_bound(holidays.begin(), holidays.end(), day);
  return count - std::count_if(holidays.begin(), end,
                               [this](std::int64_t each) { return works(weekday_of(each)); });
}

/// Working milliseconds since the beginning of the count.
std::int64_t Calendar::worked_until(Time moment) const {
  const std::int64_t local = to_millis(moment) + utc_offset_minutes * minute_ms;
  const std::int64_t day = floor_div(local, day_ms);
  const std::int64_t from = from_minute * minute_ms;
  const std::int64_t to = to_minute * minute_ms;
  const std::int64_t whole = worked_days_before(day) * (to - from);
  if (worked_days_before(day + 1) == worked_days_before(day)) return whole;
  return whole + std::clamp(local - day * day_ms, from, to) - from;
}

Millis Calendar::between(Time since, Time until) const {
  return Millis{worked_until(until) - worked_until(since)};
}

Time Calendar::after(Time since, Millis working) const {
  const std::int64_t length = (to_minute - from_minute) * minute_ms;
  if (working <= Millis{0} || days.empty() || length <= 0) return since;
  const std::int64_t wanted = worked_until(since) + working.count();
  const auto enough = [&](std::int64_t day) { return worked_days_before(day) * length >= wanted; };
  std::int64_t low = floor_div(to_millis(since), day_ms);
  std::int64_t high = low;
  for (std::int64_t width = 2; enough(low); width *= 2) low -= width;
  for (std::int64_t width = 2; !enough(high); width *= 2) high += width;
  // The last day before whose beginning less than what is wanted was worked.
  while (high - low > 1) {
    const std::int64_t middle = low + (high - low) / 2;
    (enough(middle) ? high : low) = middle;
  }
  const std::int64_t into = wanted - worked_days_before(low) * length;
  return from_millis(low * day_ms + (from_minute - utc_offset_minutes) * minute_ms + into);
}

}  // namespace factory
