#include <algorithm>

#include "domain/calendar.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {
namespace {

constexpr std::int64_t hour = 3'600'000;

Time at(const char* text) { return parse_time(text).value(); }

/// Monday to Friday, 9 to 17 o'clock at UTC+1.
Calendar office() {
  Calendar calendar;
  calendar.utc_offset_minutes = 60;
  calendar.days = {Weekday::monday, Weekday::tuesday, Weekday::wednesday, Weekday::thursday,
                   Weekday::friday};
  calendar.from_minute = 9 * 60;
  calendar.to_minute = 17 * 60;
  return calendar;
}

std::int64_t day(const char* date) {
  return to_millis(at((std::string(date) + "T00:00:00Z").c_str())) / (24 * hour);
}

TEST_CASE("calendar: weekdays are those of the calendar on the wall", "[calendar]") {
  CHECK(weekday_of(0) == Weekday::thursday);
  CHECK(weekday_of(-4) == Weekday::sunday);
  CHECK(weekday_of(day("2026-11-20")) == Weekday::friday);
  CHECK(weekday_of(day("2024-02-29")) == Weekday::thursday);
}

struct Case {
  const char* since;
  std::int64_t hours;
  const char* until;
};

TEST_CASE("calendar: working time goes over nights, weekends and holidays", "[calendar]") {
  Calendar calendar = office();
  calendar.holidays = {day("2026-12-25")};  // a Friday
  const std::vector<Case> cases{
      {"2026-11-20T08:00:00Z", 4, "2026-11-20T12:00:00Z"},   // Friday 9 to 13 local
      {"2026-11-20T08:00:00Z", 8, "2026-11-20T16:00:00Z"},   // to the day's end, not Monday
      {"2026-11-20T15:00:00Z", 2, "2026-11-23T09:00:00Z"},   // one hour left, then Monday
      {"2026-11-21T12:00:00Z", 1, "2026-11-23T09:00:00Z"},   // from a Saturday
      {"2026-11-20T03:00:00Z", 1, "2026-11-20T09:00:00Z"},   // before it opens
      {"2026-11-20T22:00:00Z", 1, "2026-11-23T09:00:00Z"},   // after it closed
      {"2026-12-24T15:00:00Z", 2, "2026-12-28T09:00:00Z"},   // over a holiday and a weekend
      {"2026-11-20T08:00:00Z", 80, "2026-12-03T16:00:00Z"},  // ten working days
  };
  for (const Case& one : cases) {
    INFO(one.since << " + " << one.hours << " h");
    const Millis working{one.hours * hour};
    CHECK(format_time(calendar.after(at(one.since), working)) == format_time(at(one.until)));
    CHECK(calendar.between(at(one.since), at(one.until)) == working);
  }
  const Time night = at("2026-11-20T22:00:00Z");
  CHECK(calendar.after(night, Millis{0}) == night);
  CHECK(calendar.between(night, at("2026-11-23T07:59:59Z")) == Millis{0});
  CHECK(calendar.between(at("2026-12-24T23:00:00Z"), at("2026-12-27T23:00:00Z")) == Millis{0});
}

TEST_CASE("calendar: all days and hours are what a clock without one counts", "[calendar]") {
  Calendar calendar;
  calendar.days = {Weekday::monday, Weekday::tuesday,  Weekday::wednesday, Weekday::thursday,
                   Weekday::friday, Weekday::saturday, Weekday::sunday};
  const Time start = at("2026-11-20T03:21:09Z");
  for (std::int64_t minutes = 1; minutes < 600'000; minutes = minutes * 3 + 1) {
    const Millis running{minutes * 60'000};
    CHECK(calendar.after(start, running) == start + running);
    CHECK(calendar.between(start, start + running) == running);
  }
}

TEST_CASE("calendar: a whole year of it agrees with counting minute by minute", "[calendar]") {
  Calendar calendar = office();
  calendar.utc_offset_minutes = -330;
  calendar.days = {Weekday::sunday, Weekday::tuesday};
  calendar.from_minute = 22 * 60;
  calendar.to_minute = 1440;
  calendar.holidays = {day("2026-01-04"), day("2026-01-05"), day("2026-06-09")};
  const Time start = at("2026-01-01T10:00:00Z");
  constexpr std::int64_t minute = 60'000;
  std::int64_t worked = 0;
  for (std::int64_t i = 0; i < 365 * 1440; ++i) {
    const std::int64_t local = to_millis(start) + i * minute - 330 * minute;
    const std::int64_t today = local / (24 * hour);
    const std::int64_t of_day = local % (24 * hour) / minute;
    const bool works =
        (weekday_of(today) == Weekday::sunday || weekday_of(today) == Weekday::tuesday) &&
        of_day >= 22 * 60 &&
        std::find(calendar.holidays.begin(), calendar.holidays.end(), today) ==
            calendar.holidays.end();
    worked += works ? 1 : 0;
    if (i % 997 != 0) continue;
    const Time now = start + Millis{(i + 1) * minute};
    REQUIRE(calendar.between(start, now) == Millis{worked * minute});
    if (worked == 0) continue;
    const Time found = calendar.after(start, Millis{worked * minute});
    REQUIRE(found <= now);
    REQUIRE(calendar.between(start, found) == Millis{worked * minute});
    REQUIRE(calendar.between(start, found - Millis{1}) < Millis{worked * minute});
  }
  CHECK(worked > 0);
}

}  // namespace
}  // namespace factory::test
