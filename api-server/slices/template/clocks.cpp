// When people are told, and the hours in which clocks run, as a template declares them.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "common/text.hpp"
#include "domain/ladder.hpp"
#include "domain/principal.hpp"
#include "slices/template/definition.hpp"

namespace factory::pipeline_template {

namespace {

using nlohmann::json;

constexpr std::int64_t day_ms = 86'400'000;

/// Days since 1970-01-01 of "YYYY-MM-DD".
std::optional<std::int64_t> day_of(const std::string& text) {
  if (text.size() != 10) return std::nullopt;
  const auto moment = parse_time(text + "T00:00:00Z");
  if (!moment || to_millis(*moment) < 0) return std::nullopt;
  return to_millis(*moment) / day_ms;
}

bool is_audience(std::string_view word) {
  if (word == to_deciders) return true;
  if (word.starts_with(to_role)) {
    const auto role = enum_from<Role>(word.substr(to_role.size()));
    return role && *role != Role::agent;
  }
  return word.starts_with(to_group) && word.size() > to_group.size();
}

bool is_step_name(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (is_ascii_alnum(c) && ascii_lower(c) == c) || c == '_' || c == '-';
  });
}

void check_step(const json& step, const std::string& at, std::vector<FieldError>& errors) {
  if (!is_step_name(step["name"].get_ref<const std::string&>())) {
    errors.push_back({at + "/name", "may hold only a-z, 0-9, _ and -"});
  }
  if (step.value("from", "created") == "created" && step["minutes"].get<int>() < 0) {
    errors.push_back({at + "/minutes", "must not be negative: nothing is before the creation"});
  }
  const json to = step.value("to", json::array());
  for (std::size_t i = 0; i < to.size(); ++i) {
    if (is_audience(to[i].get_ref<const std::string&>())) continue;
    errors.push_back(
        {at + "/to/" + std::to_string(i),
         "must be deciders, role:NAME (owner, admin, operator, viewer) or group:NAME"});
  }
}

}  // namespace

std::vector<FieldError> check_ladder(const json& ladder, const std::string& at) {
  std::vector<FieldError> errors;
  std::set<std::string> names;
  for (std::size_t i = 0; i < ladder.size(); ++i) {
    const std::string here = at + "/" + std::to_string(i);
    check_step(ladder[i], here, errors);
    if (!names.insert(ladder[i]["name"].get<std::string>()).second) {
      errors.push_back({here + "/name", "is the name of an earlier step, too"});
    }
  }
  return errors;
}

std::vector<FieldError> check_calendar(const json& calendar, const std::string& at) {
  std::vector<FieldError> errors;
  if (!utc_offset_of(calendar.value("utc_offset", "+00:00"))) {
    errors.push_back({at + "/utc_offset", "must be a distance from UTC, as +01:00"});
  }
  const auto from = minute_of_day(calendar.value("from", "09:00"));
  const auto to = minute_of_day(calendar.value("to", "17:00"));
  if (!from) errors.push_back({at + "/from", "must be a time of day, as 09:00"});
  if (!to) errors.push_back({at + "/to", "must be a time of day, as 17:00"});
  if (from && to && *from >= *to) errors.push_back({at + "/to", "must come after from"});
  const json holidays = calendar.value("holidays", json::array());
  for (std::size_t i = 0; i < holidays.size(); ++i) {
    if (day_of(holidays[i].get<std::string>())) continue;
    errors.push_back({at + "/holidays/" + std::to_string(i), "must be a day, as 2026-12-25"});
  }
  return errors;
}

Calendar calendar_of(const json& calendar) {
  Calendar result;
  result.utc_offset_minutes = utc_offset_of(calendar.value("utc_offset", "+00:00")).value_or(0);
  result.from_minute = minute_of_day(calendar.value("from", "09:00")).value_or(0);
  result.to_minute = minute_of_day(calendar.value("to", "17:00")).value_or(1440);
  std::set<std::int64_t> holidays;
  for (const json& day : calendar.value("holidays", json::array())) {
    if (const auto number = day_of(day.get<std::string>())) holidays.insert(*number);
  }
  result.holidays.assign(holidays.begin(), holidays.end());
  const json workweek{"monday", "tuesday", "wednesday", "thursday", "friday"};
  for (const json& day : calendar.value("days", workweek)) {
    result.days.push_back(enum_from<Weekday>(day.get<std::string>()).value_or(Weekday::monday));
  }
  return result;
}

}  // namespace factory::pipeline_template
