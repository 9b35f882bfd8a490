#pragma once

#include <array>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "domain/decision.hpp"

/// A receiver outside the house that is told of events over HTTP, signed as Standard Webhooks 1.0
/// wants. What is on its way to it is not here: see storage/deliveries.hpp.
namespace factory::webhook {

enum class Status { none, enabled, disabled, deleted };

/// Why it was disabled.
enum class Cause {
  requested,  ///< somebody wanted it
  gone,       ///< the receiver answered 410
  failing,    ///< nothing has come through for long
};

inline constexpr std::size_t most_events = 100;
inline constexpr std::size_t longest_url = 2000;
inline constexpr int longest_overlap_hours = 168;

struct Registered {
  static constexpr std::string_view type = "webhook.registered";
  std::string url;
  std::vector<std::string> events;  ///< types, "task.*" or "*"
  std::string description;
  std::string sealed_secret;  ///< under the server's key; see secret.hpp
  bool enabled = true;
  std::string by;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("url", &Registered::url),
                      field("events", &Registered::events),
                      field("description", &Registered::description),
                      field("sealed_secret", &Registered::sealed_secret),
                      field("enabled", &Registered::enabled),
                      field("by", &Registered::by),
                      field("at", &Registered::at)};
  }
};
/// Only what changed.
struct Updated {
  static constexpr std::string_view type = "webhook.updated";
  std::optional<std::string> url;
  std::optional<std::vector<std::string>> events;
  std::optional<std::string> description;
  std::string by;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("url", &Updated::url), field("events", &Updated::events),
                      field("description", &Updated::description), field("by", &Updated::by),
                      field("at", &Updated::at)};
  }
};
/// A new secret. Until `overlap_until` everything is signed with the old one, too.
struct SecretRotated {
  static constexpr std::string_view type = "webhook.secret_rotated";
  std::string sealed_secret;
  Time overlap_until{};
  std::string by;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("sealed_secret", &SecretRotated::sealed_secret),
                      field("overlap_until", &SecretRotated::overlap_until),
                      field("by", &SecretRotated::by), field("at", &SecretRotated::at)};
  }
};
struct Enabled {
  static constexpr std::string_view type = "webhook.enabled";
  std::string by;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("by", &Enabled::by), field("at", &Enabled::at)};
  }
};
struct Disabled {
  static constexpr std::string_view type = "webhook.disabled";
  Cause cause = Cause::requested;
  std::string reason;
  std::string by;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("cause", &Disabled::cause), field("reason", &Disabled::reason),
                      field("by", &Disabled::by), field("at", &Disabled::at)};
  }
};
struct Deleted {
  static constexpr std::string_view type = "webhook.deleted";
  std::string by;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("by", &Deleted::by), field("at", &Deleted::at)};
  }
};
using Event = std::variant<Registered, Updated, SecretRotated, Enabled, Disabled, Deleted>;

/// A secret that was rotated away, as long as it still signs.
struct EarlierSecret {
  std::string sealed;
  Time until{};
};

struct State {
  Status status = Status::none;
  Registered registered;  ///< url, events and description are those of now
  std::string sealed_secret;
  std::optional<EarlierSecret> earlier;  ///< the one before; never older ones
  std::optional<SecretRotated> rotated;
  std::optional<Disabled> disabled;  ///< while it is
  std::optional<Deleted> deleted;
};

struct Register {
  Registered registered;  ///< `at` and `by` are filled by decide
};
struct Update {
  std::optional<std::string> url;
  std::optional<std::vector<std::string>> events;
  std::optional<std::string> description;
  std::optional<bool> enabled;
};
struct RotateSecret {
  std::string sealed_secret;
  int overlap_hours = 0;
};
struct Enable {};
struct Disable {
  Cause cause = Cause::requested;
  std::string reason;
};
struct Delete {};
using Command = std::variant<Register, Update, RotateSecret, Enable, Disable, Delete>;

/// The address, the event types and the secret were looked at before (target.hpp, secret.hpp).
Result<Decision<Event>> decide(const State& state, const Command& command, const Ctx& ctx);
State evolve(State state, const Event& event);
View view(const std::string& id, const State& state);  ///< never holds a secret, sealed or not

/// Whether it is told of events of this type now.
bool wants(const State& state, std::string_view event_type);

/// The secrets that sign at a moment, sealed, the newest first.
std::vector<std::string> secrets_at(const State& state, Time now);

struct Definition {
  using State = webhook::State;
  using Command = webhook::Command;
  using Event = webhook::Event;
  static constexpr std::string_view kind = "webhook";
  static constexpr std::string_view prefix = "hook";
  static constexpr int view_version = 1;
  /// A webhook has no timers.
  static Command timer_fired(const std::string& /*name*/) { return Update{}; }
};

}  // namespace factory::webhook

namespace factory {
template <>
struct EnumNames<webhook::Status> {
  static constexpr std::array<std::string_view, 4> names{"none", "enabled", "disabled", "deleted"};
};
template <>
struct EnumNames<webhook::Cause> {
  static constexpr std::array<std::string_view, 3> names{"requested", "gone", "failing"};
};
}  // namespace factory
