#include <algorithm>
#include <utility>

#include "common/text.hpp"
#include "slices/preference/preference.hpp"

namespace factory::preference {
namespace {

constexpr int day_minutes = 1440;

bool digits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// What of it would reach nobody, or something else than a person.
std::vector<FieldError> slips(const Changed& wanted) {
  std::vector<FieldError> errors;
  if (!wanted.email.empty() && !is_mail_address(wanted.email)) {
    errors.push_back({"/email", "must be a mail address"});
  }
  const std::string& phone = wanted.phone;
  const bool number = phone.starts_with('+') && digits(std::string_view(phone).substr(1)) &&
                      phone.size() >= 8 && phone.size() <= 16;
  if (!phone.empty() && !number) {
    errors.push_back({"/phone", "must be + and 7 to 15 digits, as +4930123456"});
  }
  if (!wanted.discord.empty() && (!digits(wanted.discord) || wanted.discord.size() > 20)) {
    errors.push_back({"/discord", "must be the digits of a user's id"});
  }
  return errors;
}

}  // namespace

Result<Decision<Event>> decide(const State& state, const Command& command, const Ctx& ctx) {
  Changed wanted = std::get<Set>(command).wanted;
  if (auto errors = slips(wanted); !errors.empty()) {
    return Error{ErrorCode::invalid_request,
                 "What is set does not fit: " + errors.front().pointer.substr(1) + " " +
                     errors.front().detail + ".",
                 "Correct what `errors` names.",
                 std::move(errors),
                 {}};
  }
  wanted.user = ctx.actor.id;
  wanted.at = state.set.at;
  Decision<Event> decision;
  const Changed& set = state.set;
  const bool same = state.exists && wanted.email == set.email && wanted.phone == set.phone &&
                    wanted.discord == set.discord && wanted.channels == set.channels &&
                    wanted.quiet == set.quiet;
  if (same) return decision;
  wanted.at = ctx.now;
  decision.events.emplace_back(std::move(wanted));
  return decision;
}

bool wants(const Changed& preferences, NotifyChannel channel, Urgency severity) {
  const auto rule = std::find_if(preferences.channels.begin(), preferences.channels.end(),
                                 [&](const Rule& each) { return each.channel == channel; });
  if (rule == preferences.channels.end()) return true;
  return static_cast<int>(severity) >= static_cast<int>(rule->from);
}

std::optional<Millis> Quiet::left(Time now) const {
  constexpr std::int64_t minute_ms = 60'000;
  constexpr std::int64_t day_ms = day_minutes * minute_ms;
  const std::int64_t local = to_millis(now) + utc_offset_minutes * minute_ms;
  const std::int64_t here = (local % day_ms + day_ms) % day_ms;
  const std::int64_t from = from_minute * minute_ms;
  const std::int64_t to = to_minute * minute_ms;
  const bool inside = from <= to ? here >= from && here < to : here >= from || here < to;
  if (!inside) return std::nullopt;
  return Millis{(to - here + day_ms) % day_ms};
}

}  // namespace factory::preference
