#include "common/clock.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/fake_clock.hpp"

using namespace factory;

TEST_CASE("a moment is written in UTC with milliseconds") {
  struct Row {
    std::int64_t millis;
    const char* text;
  };
  const Row row = GENERATE(Row{0, "1970-01-01T00:00:00.000Z"}, Row{-1, "1969-12-31T23:59:59.999Z"},
                           Row{951'782'400'000, "2000-02-29T00:00:00.000Z"},
                           Row{1'795'157'049'123, "2026-11-20T06:44:09.123Z"},
                           Row{253'402'300'799'999, "9999-12-31T23:59:59.999Z"});
  CHECK(format_time(from_millis(row.millis)) == row.text);
  REQUIRE(parse_time(row.text).has_value());
  CHECK(to_millis(*parse_time(row.text)) == row.millis);
}

TEST_CASE("every RFC 3339 date-time is read") {
  struct Row {
    const char* text;
    const char* same;
  };
  const Row row = GENERATE(Row{"2026-11-20T06:44:09Z", "2026-11-20T06:44:09.000Z"},
                           Row{"2026-11-20t06:44:09z", "2026-11-20T06:44:09.000Z"},
                           Row{"2026-11-20 06:44:09Z", "2026-11-20T06:44:09.000Z"},
                           Row{"2026-11-20T06:44:09.1Z", "2026-11-20T06:44:09.100Z"},
                           Row{"2026-11-20T06:44:09.123999Z", "2026-11-20T06:44:09.123Z"},
                           Row{"2026-11-20T01:00:00+02:30", "2026-11-19T22:30:00.000Z"},
                           Row{"2026-12-31T20:00:00-05:00", "2027-01-01T01:00:00.000Z"},
                           Row{"2026-11-20T06:44:09-00:00", "2026-11-20T06:44:09.000Z"},
                           Row{"2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"},
                           Row{"2017-01-01T00:59:60+01:00", "2017-01-01T00:00:00.000Z"});
  CAPTURE(row.text);
  REQUIRE(parse_time(row.text).has_value());
  CHECK(format_time(*parse_time(row.text)) == row.same);
}

TEST_CASE("what is no date-time is refused") {
  const char* const text =
      GENERATE("", "2026-11-20", "2026-11-20T06:44:09", "2026-11-20T06:44Z", "2026-02-29T00:00:00Z",
               "1900-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
               "2026-11-31T00:00:00Z", "2026-11-20T24:00:00Z", "2026-11-20T06:60:00Z",
               "2026-11-20T06:44:60Z", "2026-11-20T06:44:09.Z", "2026-11-20T06:44:09,5Z",
               "2026-11-20T06:44:09+0100", "2026-11-20T06:44:09+24:00", "2026-11-20T06:44:09+01:60",
               "2026-11-20T06:44:09Zx", " 2026-11-20T06:44:09Z", "20261120T064409Z",
               "+026-11-20T06:44:09Z", "2026-11-20T06:44:0 Z", "9999-12-31T23:59:59-05:00",
               "9999-12-31T23:59:60Z", "0000-01-01T00:00:00+00:01", "２026-11-20T06:44:09Z");
  CAPTURE(text);
  CHECK_FALSE(parse_time(text).has_value());
}

TEST_CASE("the system's clock agrees with the system") {
  const auto before = std::chrono::system_clock::now() - Millis{1};
  const Time now = SystemClock().now();
  CHECK(now >= before);
  CHECK(now <= std::chrono::system_clock::now());
}

TEST_CASE("a fake clock stands until it is moved") {
  test::FakeClock clock("2026-11-20T06:00:00Z");
  CHECK(clock.now() == clock.now());
  clock.advance(Millis{90'000});
  CHECK(format_time(clock.now()) == "2026-11-20T06:01:30.000Z");
}
