#include <algorithm>

#include "common/text.hpp"
#include "slices/report/decide_parts.hpp"

namespace factory::report {
namespace {

constexpr std::size_t most_checks = 50;

Error refuse(ErrorCode code, std::string detail, std::string hint,
             std::vector<FieldError> fields = {}) {
  return {code, std::move(detail), std::move(hint), std::move(fields), {}};
}

Error wrong(std::string pointer, std::string detail, std::string hint) {
  return refuse(ErrorCode::unprocessable, detail, std::move(hint), {{std::move(pointer), detail}});
}

Decided report_check(const State& state, const ReportCheck& command, const Ctx& ctx) {
  const auto known = state.checks.find(command.name);
  if (known == state.checks.end() && state.checks.size() == most_checks) {
    return wrong("/name", "A report has at most 50 checks.", "Report under a name that is there.");
  }
  const bool same = known != state.checks.end() && known->second.status == command.status &&
                    known->second.details == command.details &&
                    known->second.submission == state.current.submission;
  if (same) return Events{};
  CheckReported event{command.name,  command.status, command.details, state.current.submission,
                      std::string(), ctx.actor.id,   ctx.now};
  return Events{with_digest(state, std::move(event))};
}

/// Who lets a check pass decides: a person, over an allowed channel, whom the policy would let
/// approve.
factory::Status check_actor(const State& state, const Ctx& ctx) {
  const Principal& actor = ctx.actor;
  if (actor.type != ActorType::person) {
    return refuse(ErrorCode::forbidden,
                  actor.id + " is no person, and only persons grant exemptions.",
                  "Ask a person who may decide on the report.");
  }
  const auto& channels = state.plan.policy.channels;
  if (!channels.empty() &&
      std::find(channels.begin(), channels.end(), actor.channel) == channels.end()) {
    return refuse(ErrorCode::forbidden,
                  "No exemption is granted over the channel " + actor.channel + ".",
                  "Use a key of a channel that the policy takes: " + join(channels) + ".");
  }
  return may_decide(state.plan.policy, state.involved(), actor.id, *ctx.people);
}

Decided exempt(const State& state, const Exempt& command, const Ctx& ctx) {
  if (auto allowed = check_actor(state, ctx); !allowed) return std::move(allowed.error());
  const auto check = state.checks.find(command.check);
  if (check == state.checks.end()) {
    return wrong("/check", "The report has no check " + excerpt(command.check, 100) + ".",
                 "Name one that the report's `checks` shows.");
  }
  if (check->second.status != CheckStatus::fail) {
    return wrong("/check", "The check " + command.check + " does not fail.",
                 "Only a failing check needs an exemption.");
  }
  const Time last = ctx.now + Millis{state.plan.longest_exemption_days * 86'400'000LL};
  if (command.expires_at <= ctx.now) {
    return wrong("/expires_at", "The exemption would have expired already.", "Name a later time.");
  }
  if (command.expires_at > last) {
    return wrong("/expires_at",
                 "An exemption holds for at most " +
                     std::to_string(state.plan.longest_exemption_days) + " days.",
                 "Name a time before " + format_time(last) + ".");
  }
  Exempted event{command.check, command.reason, command.expires_at,
                 std::string(), ctx.actor.id,   ctx.now};
  return Events{with_digest(state, std::move(event))};
}

}  // namespace

Decided decide_on(const State& state, const ReportCheck& command, const Ctx& ctx) {
  switch (state.status) {
    case Status::none: return no_such_report();
    case Status::pending_review:
    case Status::approved:
    case Status::rejected: return report_check(state, command, ctx);
  }
  impossible();
}

Decided decide_on(const State& state, const Exempt& command, const Ctx& ctx) {
  switch (state.status) {
    case Status::none: return no_such_report();
    case Status::pending_review:
    case Status::approved: return exempt(state, command, ctx);
    case Status::rejected:
      return refuse(ErrorCode::conflict, "The report is rejected: there is nothing to exempt.",
                    "Submit the reworked report; its checks can be exempted then.");
  }
  impossible();
}

Decided decide_on(const State& state, const TimerFired& command, const Ctx& ctx) {
  if (command.name != "exemptions") return Events{};
  Events events;
  State after = state;
  for (const auto& [check, exemption] : state.exemptions) {
    if (exemption.expires_at > ctx.now) continue;
    auto event = with_digest(after, ExemptionExpired{check, std::string(), ctx.now});
    after = evolve(std::move(after), event);
    events.emplace_back(std::move(event));
  }
  return events;
}

std::optional<Time> next_expiry(const State& state) {
  std::optional<Time> first;
  for (const auto& [check, exemption] : state.exemptions) {
    if (!first || exemption.expires_at < *first) first = exemption.expires_at;
  }
  return first;
}

}  // namespace factory::report
