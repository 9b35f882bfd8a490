#pragma once

#include <array>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "domain/fields.hpp"

namespace factory {

/// Through what somebody is told. The first is the inbox that every person has here; discord,
/// slack, webhook and log reach a place where several read, the others one person each.
enum class NotifyChannel { in_app, discord, slack, webhook, log, email, sms, phone };
template <>
struct EnumNames<NotifyChannel> {
  static constexpr std::array<std::string_view, 8> names{"in_app", "discord", "slack", "webhook",
                                                         "log",    "email",   "sms",   "phone"};
};

constexpr bool is_shared(NotifyChannel channel) {
  return channel == NotifyChannel::discord || channel == NotifyChannel::slack ||
         channel == NotifyChannel::webhook || channel == NotifyChannel::log;
}

/// The kind of the effect that tells through a channel: "notify.discord".
inline std::string effect_kind(NotifyChannel channel) {
  return "notify." + std::string(name_of(channel));
}

/// How pressing it is, the least first.
enum class Urgency { info, warning, urgent, critical };
template <>
struct EnumNames<Urgency> {
  static constexpr std::array<std::string_view, 4> names{"info", "warning", "urgent", "critical"};
};

/// What a step's minutes are counted from: the task's creation, its SLA deadline, or the warning
/// before that.
enum class LadderFrom { created, deadline, warning };
template <>
struct EnumNames<LadderFrom> {
  static constexpr std::array<std::string_view, 3> names{"created", "deadline", "warning"};
};

/// Whom a place where several read is called by.
enum class Mention { nobody, told, here, everyone };
template <>
struct EnumNames<Mention> {
  static constexpr std::array<std::string_view, 4> names{"nobody", "told", "here", "everyone"};
};

/// One step of an escalation ladder. Minutes are those of the task's clock: they stand still while
/// it is paused and, under a calendar, outside of working hours.
struct LadderStep {
  std::string name;
  LadderFrom from = LadderFrom::created;
  int minutes = 0;  ///< before that moment if negative
  /// "deciders": who holds the task, else those who can decide it; "role:admin"; "group:security".
  std::vector<std::string> to{"deciders"};
  std::vector<NotifyChannel> channels{NotifyChannel::in_app};
  Urgency severity = Urgency::info;
  Mention mention = Mention::told;
  static constexpr auto fields() {
    return std::tuple{
        field("name", &LadderStep::name),         field("from", &LadderStep::from),
        field("minutes", &LadderStep::minutes),   field("to", &LadderStep::to),
        field("channels", &LadderStep::channels), field("severity", &LadderStep::severity),
        field("mention", &LadderStep::mention)};
  }
};

struct Ladder {
  std::vector<LadderStep> steps;
  static constexpr auto fields() { return std::tuple{field("steps", &Ladder::steps)}; }
};

inline constexpr std::size_t most_ladder_steps = 20;

/// How the words of LadderStep::to begin.
inline constexpr std::string_view to_deciders = "deciders";
inline constexpr std::string_view to_role = "role:";
inline constexpr std::string_view to_group = "group:";

}  // namespace factory
