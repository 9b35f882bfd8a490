#include "common/clock.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace factory {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

/// Writes `value` into the `width` characters that end before `end`, with leading zeros.
void put(char* end, int width, std::int64_t value) {
  for (int i = 0; i < width; ++i) {
    *--end = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Takes fixed parts off the front of a text; after the first failure everything fails.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  int digits(std::size_t count) {
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (i >= rest_.size() || !is_digit(rest_[i])) return fail();
      value = value * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(count);
    return value;
  }

  /// The next character if it is one of `allowed`, else failure.
  char one_of(std::string_view allowed) {
    if (rest_.empty() || allowed.find(rest_.front()) == std::string_view::npos) {
      return static_cast<char>(fail());
    }
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  /// An optional ".digits", cut to whole milliseconds.
  int fraction() {
    if (rest_.empty() || rest_.front() != '.') return 0;
    rest_.remove_prefix(1);
    int millis = 0;
    int count = 0;
    for (; !rest_.empty() && is_digit(rest_.front()); ++count, rest_.remove_prefix(1)) {
      if (count < 3) millis = millis * 10 + (rest_.front() - '0');
    }
    if (count == 0) return fail();
    for (; count < 3; ++count) millis *= 10;
    return millis;
  }

  [[nodiscard]] bool done() const { return good_ && rest_.empty(); }

 private:
  int fail() {
    good_ = false;
    return 0;
  }

  std::string_view rest_;
  bool good_ = true;
};

/// The offset from UTC; RFC 3339 section 4.3 lets "-00:00" stand for UTC.
minutes scan_offset(Scanner& scan, bool& valid) {
  const char sign = scan.one_of("Zz+-");
  if (sign == 'Z' || sign == 'z') return minutes{0};
  const int hour = scan.digits(2);
  scan.one_of(":");
  const int minute = scan.digits(2);
  valid = valid && hour <= 23 && minute <= 59;
  const minutes offset = hours{hour} + minutes{minute};
  return sign == '-' ? -offset : offset;
}

}  // namespace

Time SystemClock::now() const {
  return std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now());
}

TimeText time_text(Time time) {
  const auto day = floor<days>(time);
  const std::chrono::year_month_day date{day};
  const std::int64_t of_day = (time - day).count();
  constexpr std::string_view form = "0000-00-00T00:00:00.000Z";
  TimeText text;
  std::copy(form.begin(), form.end(), text.begin());
  char* const at = text.data();
  put(at + 4, 4, static_cast<int>(date.year()));
  put(at + 7, 2, static_cast<unsigned>(date.month()));
  put(at + 10, 2, static_cast<unsigned>(date.day()));
  put(at + 13, 2, of_day / 3'600'000);
  put(at + 16, 2, of_day / 60'000 % 60);
  put(at + 19, 2, of_day / 1'000 % 60);
  put(at + 23, 3, of_day % 1'000);
  return text;
}

std::string format_time(Time time) {
  const TimeText text = time_text(time);
  return {text.data(), text.size()};
}

std::optional<Time> parse_time(std::string_view text) {
  Scanner scan(text);
  const std::chrono::year year{scan.digits(4)};
  scan.one_of("-");
  const std::chrono::month month{static_cast<unsigned>(scan.digits(2))};
  scan.one_of("-");
  const std::chrono::day day{static_cast<unsigned>(scan.digits(2))};
  scan.one_of("Tt ");
  const int hour = scan.digits(2);
  scan.one_of(":");
  const int minute = scan.digits(2);
  scan.one_of(":");
  const int second = scan.digits(2);
  const int millis = scan.fraction();
  bool valid = true;
  const minutes offset = scan_offset(scan, valid);
  const std::chrono::year_month_day date{year, month, day};
  if (!scan.done() || !valid || !date.ok() || hour > 23 || minute > 59 || second > 60) {
    return std::nullopt;
  }
  const auto whole =
      std::chrono::sys_days{date} + hours{hour} + minutes{minute} + seconds{second} - offset;
  // Elsewhere they are written with four digits, and in UTC.
  if (whole < std::chrono::sys_days{std::chrono::year{0} / 1 / 1} ||
      whole >= std::chrono::sys_days{std::chrono::year{10'000} / 1 / 1}) {
    return std::nullopt;
  }
  // A leap second stands only at the end of a UTC day; it counts as the second after it.
  if (second == 60 && (whole - floor<days>(whole)) != seconds{0}) return std::nullopt;
  return whole + Millis{millis};
}

}  // namespace factory
