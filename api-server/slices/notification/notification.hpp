#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "domain/decision.hpp"
#include "domain/ladder.hpp"

/// A notification: what one person is told of, in the inbox here and through channels of their own.
namespace factory::notification {

enum class Status { none, unread, read, dismissed };

// --- events -----------------------------------------------------------------------------------

struct Created {
  static constexpr std::string_view type = "notification.created";
  std::string recipient;
  std::string kind;  ///< approval_pending, task_reminder, sla_breach …
  std::string title;
  std::string body;
  Urgency severity = Urgency::info;
  std::string step;                     ///< of a ladder; empty: none
  std::string entity_type;              ///< task, approval, pipeline
  std::string entity_id;                ///< what it is about
  std::string pipeline_id;              ///< empty: none
  std::string action_url;               ///< where to look, as a path of this server
  std::vector<NotifyChannel> channels;  ///< in_app, and those that reach one person
  bool waits = false;  ///< it says that something waits: told no more once that is over
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("recipient", &Created::recipient),
                      field("kind", &Created::kind),
                      field("title", &Created::title),
                      field("body", &Created::body),
                      field("severity", &Created::severity),
                      field("step", &Created::step),
                      field("entity_type", &Created::entity_type),
                      field("entity_id", &Created::entity_id),
                      field("pipeline_id", &Created::pipeline_id),
                      field("action_url", &Created::action_url),
                      field("channels", &Created::channels),
                      field("waits", &Created::waits),
                      field("at", &Created::at)};
  }
};

struct MarkedRead {
  static constexpr std::string_view type = "notification.read";
  Time at{};
  static constexpr auto fields() { return std::tuple{field("at", &MarkedRead::at)}; }
};

struct Dismissed {
  static constexpr std::string_view type = "notification.dismissed";
  Time at{};
  static constexpr auto fields() { return std::tuple{field("at", &Dismissed::at)}; }
};

/// It went out through a channel of the recipient's own.
struct Delivered {
  static constexpr std::string_view type = "notification.delivered";
  NotifyChannel channel = NotifyChannel::email;
  bool in_digest = false;  ///< together with others in one message
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("channel", &Delivered::channel),
                      field("in_digest", &Delivered::in_digest), field("at", &Delivered::at)};
  }
};

using Event = std::variant<Created, MarkedRead, Dismissed, Delivered>;

// --- state ------------------------------------------------------------------------------------

struct State {
  Status status = Status::none;
  Created created;
  std::optional<Time> read_at;
  std::optional<Time> dismissed_at;
  std::map<NotifyChannel, Delivered> delivered;

  [[nodiscard]] bool has(NotifyChannel channel) const;
};

// --- commands ---------------------------------------------------------------------------------

struct Create {
  Created created;  ///< `at` is filled by decide
};
/// By the recipient alone; to others it does not exist.
struct MarkRead {};
struct Dismiss {};
/// From inside the house.
struct MarkDelivered {
  NotifyChannel channel = NotifyChannel::email;
  bool in_digest = false;
};
using Command = std::variant<Create, MarkRead, Dismiss, MarkDelivered>;

// --- the slice --------------------------------------------------------------------------------

/// What it is told through outside of the house is an effect for each such channel.
Result<Decision<Event>> decide(const State& state, const Command& command, const Ctx& ctx);
State evolve(State state, const Event& event);
View view(const std::string& id, const State& state);

/// The stream of what one event tells one person: nothing is told twice.
std::string stream_of(std::string_view stream, std::int64_t version, std::string_view recipient);

// Keys of the ordered index, each with the recipient's name in it so that they can be counted.
std::string inbox_key(std::string_view recipient);   ///< all that were not dismissed
std::string unread_key(std::string_view recipient);  ///< those of them that were not read
/// Those of everybody that are neither read nor dismissed, in order of their making; and the
/// others, in order of when that happened: what is kept long enough is found at the beginning.
inline constexpr std::string_view open_key = "notification.open";
inline constexpr std::string_view settled_key = "notification.settled";
/// What still has to go out through a channel.
std::string unsent_key(NotifyChannel channel, std::string_view recipient);

struct Definition {
  using State = notification::State;
  using Command = notification::Command;
  using Event = notification::Event;
  static constexpr std::string_view kind = "notification";
  static constexpr std::string_view prefix = "ntf";
  static constexpr int view_version = 2;
  /// A notification has no timers.
  static Command timer_fired(const std::string& /*name*/) { return MarkRead{}; }
};

}  // namespace factory::notification

namespace factory {
template <>
struct EnumNames<notification::Status> {
  static constexpr std::array<std::string_view, 4> names{"none", "unread", "read", "dismissed"};
};
}  // namespace factory
