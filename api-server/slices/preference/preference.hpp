#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "domain/decision.hpp"
#include "domain/ladder.hpp"

/// How one person wants to be told: where, and from which severity on through which channel.
namespace factory::preference {

/// From which severity on a channel is used.
enum class Threshold { info, warning, urgent, critical, off };

struct Rule {
  NotifyChannel channel = NotifyChannel::email;
  Threshold from = Threshold::info;
  static constexpr auto fields() {
    return std::tuple{field("channel", &Rule::channel), field("from", &Rule::from)};
  }
  friend bool operator==(const Rule&, const Rule&) = default;
};

/// Hours of the day in which nothing but what is critical goes out.
struct Quiet {
  int from_minute = 0;  ///< of the local day
  int to_minute = 0;    ///< exclusive; before from_minute: over midnight
  int utc_offset_minutes = 0;
  static constexpr auto fields() {
    return std::tuple{field("from_minute", &Quiet::from_minute),
                      field("to_minute", &Quiet::to_minute),
                      field("utc_offset_minutes", &Quiet::utc_offset_minutes)};
  }
  friend bool operator==(const Quiet&, const Quiet&) = default;
  /// How long they last from here; nullopt: they do not.
  [[nodiscard]] std::optional<Millis> left(Time now) const;
};

/// The whole of them: what is set takes the place of what was.
struct Changed {
  static constexpr std::string_view type = "preference.changed";
  std::string user;
  std::string email;    ///< empty: that of the user's account
  std::string phone;    ///< for text messages and calls; empty: none
  std::string discord;  ///< the id of the user there, to be mentioned; empty: none
  std::vector<Rule> channels;
  std::optional<Quiet> quiet;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("user", &Changed::user),
                      field("email", &Changed::email),
                      field("phone", &Changed::phone),
                      field("discord", &Changed::discord),
                      field("channels", &Changed::channels),
                      field("quiet", &Changed::quiet),
                      field("at", &Changed::at)};
  }
};
using Event = std::variant<Changed>;

struct State {
  bool exists = false;
  Changed set;
};

struct Set {
  Changed wanted;  ///< `user` and `at` are filled by decide
};
using Command = std::variant<Set>;

/// Everybody sets their own; `stream` is that of the actor.
Result<Decision<Event>> decide(const State& state, const Command& command, const Ctx& ctx);
State evolve(State state, const Event& event);
View view(const std::string& id, const State& state);

/// The stream of the person of this name.
std::string stream_of(std::string_view name);
/// The document of somebody who has set nothing.
std::string default_document();

/// Whether what is so pressing goes out through the channel.
bool wants(const Changed& preferences, NotifyChannel channel, Urgency severity);

struct Definition {
  using State = preference::State;
  using Command = preference::Command;
  using Event = preference::Event;
  static constexpr std::string_view kind = "preference";
  static constexpr std::string_view prefix = "pref";
  static constexpr int view_version = 1;
  /// There are no timers.
  static Command timer_fired(const std::string& /*name*/) { return Set{}; }
};

}  // namespace factory::preference

namespace factory {
template <>
struct EnumNames<preference::Threshold> {
  static constexpr std::array<std::string_view, 5> names{"info", "warning", "urgent", "critical",
                                                         "off"};
};
}  // namespace factory
