#include <algorithm>
#include <array>

#include "common/text.hpp"
#include "slices/gate/decide_parts.hpp"

namespace factory::gate {
namespace {

/// What the world is told of an event; empty: nothing.
std::string_view announcement(const Event& event) {
  return std::visit(
      overloaded{
          [](const Opened& e) { return e.type; },
          [](const Approved& e) { return e.type; },
          [](const Rejected& e) { return e.type; },
          [](const DeadlineWarned& e) { return e.type; },
          [](const Escalated& e) { return e.type; },
          [](const Rescinded& e) { return e.reopened ? Opened::type : std::string_view{}; },
          [](const Voted&) { return std::string_view{}; },
          [](const Consumed&) { return std::string_view{}; },
          [](const Delegated&) { return std::string_view{}; },
          [](const SubjectChanged&) { return std::string_view{}; },
          [](const DeadlineExtended&) { return std::string_view{}; },
          [](const ClockPaused&) { return std::string_view{}; },
          [](const ClockResumed&) { return std::string_view{}; },
          [](const PriorityChanged&) { return std::string_view{}; },
          [](const Cancelled&) { return std::string_view{}; },
          [](const ConditionMet&) { return std::string_view{}; },
      },
      event);
}

/// Timers follow from the state: what the events change of it is set, moved or cancelled.
Decision<Event> settle(const State& before, Events events, Time now, const TimerFired* fired) {
  Decision<Event> decision;
  State after = before;
  for (const Event& event : events) {
    after = evolve(std::move(after), event);
    if (const auto subject = announcement(event); !subject.empty()) {
      decision.effects.push_back({"announce", std::string(subject)});
    }
  }
  bool answered = fired == nullptr;
  for (const char* name : {"deadline", "deadline_warning"}) {
    const auto moment = due(after, name);
    const bool is_fired = fired != nullptr && fired->name == name;
    if (is_fired) {
      answered = true;
      // One that brought nothing fires no second time at the same moment.
      const bool ahead = moment && *moment > now;
      decision.timers.push_back({name, ahead ? moment : std::nullopt});
    } else if (moment != due(before, name)) {
      decision.timers.push_back({name, moment});
    }
  }
  if (!answered) decision.timers.push_back({fired->name, std::nullopt});
  decision.events = std::move(events);
  return decision;
}

Result<Events> answer(const State& state, const Command& command, const Ctx& ctx) {
  return std::visit(overloaded{
                        [&](const Open& c) { return open_gate(state, c, ctx); },
                        [&](const Vote& c) { return cast_vote(state, c, ctx); },
                        [&](const Rescind& c) { return rescind(state, c, ctx); },
                        [&](const Delegate& c) { return delegate(state, c, ctx); },
                        [&](const Escalate& c) { return escalate(state, c, ctx); },
                        [&](const ChangeSubject& c) { return change_subject(state, c, ctx); },
                        [&](const SetPriority& c) { return set_priority(state, c, ctx); },
                        [&](const Consume&) { return consume(state, ctx); },
                        [&](const PauseClock&) { return pause_clock(state, ctx); },
                        [&](const ResumeClock&) { return resume_clock(state, ctx); },
                        [&](const Cancel& c) { return cancel(state, c, ctx); },
                        [&](const TimerFired& c) { return fire_timer(state, c, ctx); },
                        [&](const MeetCondition& c) { return meet_condition(state, c, ctx); },
                    },
                    command);
}

/// Names who is wrong in the field where the caller named him.
Error wrong_person(Error error, const std::string& pointer) {
  error.code = ErrorCode::unprocessable;
  error.fields.push_back({pointer, error.detail});
  return error;
}

Result<Events> delegate_while_pending(const State& state, const Delegate& command, const Ctx& ctx) {
  const std::string& from = ctx.actor.id;
  const GatePolicy& policy = state.opened.policy;
  if (auto allowed = check_actor(state, ctx.actor); !allowed) return std::move(allowed.error());
  if (auto allowed = may_decide(policy, state.involved(), from, *ctx.people); !allowed) {
    return std::move(allowed.error());
  }
  const auto voted = [&](const std::string& person) {
    return std::any_of(state.votes.begin(), state.votes.end(),
                       [&](const Voted& vote) { return vote.person == person; });
  };
  if (voted(from)) {
    return conflict(from + " has voted already at \"" + state.opened.title + "\".",
                    "Rescind the vote first, then delegate.");
  }
  if (command.to == from) {
    return wrong_person({{}, "Nobody delegates to themselves.", "Name another person.", {}, {}},
                        "/delegate_to");
  }
  const std::vector<Delegation> made{{from, command.to}};
  const auto place = decides_for(policy, state.involved(), command.to, made, {}, *ctx.people);
  if (!place) return wrong_person(place.error(), "/delegate_to");
  if (voted(command.to)) {
    return conflict(command.to + " has voted already at \"" + state.opened.title +
                        "\", and one person fills one place.",
                    "Delegate to somebody who has not voted.");
  }
  const auto same = [&](const Delegated& event) {
    return event.from == from && event.to == command.to;
  };
  if (std::any_of(state.delegations.begin(), state.delegations.end(), same)) return Events{};
  return Events{Delegated{from, command.to, command.reason, ctx.now}};
}

Result<Events> escalate_while_pending(const State& state, const Escalate& command, const Ctx& ctx) {
  if (!command.to.empty()) {
    const auto place = decides_for(state.opened.policy, state.involved(), command.to,
                                   state.delegated(), state.approvers(), *ctx.people);
    if (!place) return wrong_person(place.error(), "/escalate_to");
  }
  if (!state.escalations.empty()) {
    const Escalated& last = state.escalations.back();
    if (last.to == command.to && last.reason == command.reason && last.by == ctx.actor.id) {
      return Events{};
    }
  }
  return Events{Escalated{command.to, command.reason, ctx.actor.id, false, ctx.now}};
}

}  // namespace

Result<Decision<Event>> decide(const State& state, const Command& command, const Ctx& ctx) {
  auto events = answer(state, command, ctx);
  if (!events) return std::move(events.error());
  return settle(state, std::move(*events), ctx.now, std::get_if<TimerFired>(&command));
}

Result<Events> open_gate(const State& state, const Open& command, const Ctx& ctx) {
  switch (state.status) {
    case Status::none: {
      Opened event = command.opened;
      event.at = ctx.now;
      event.deadline = deadline_from(event.policy, ctx.now);
      return Events{std::move(event)};
    }
    case Status::pending:
    case Status::approved:
    case Status::rejected:
    case Status::cancelled:
      return conflict("\"" + state.opened.title + "\" was opened before.",
                      "A gate opens once; a new one needs a new id.");
  }
  impossible();
}

Result<Events> delegate(const State& state, const Delegate& command, const Ctx& ctx) {
  switch (state.status) {
    case Status::none: return no_such_gate();
    case Status::pending: return delegate_while_pending(state, command, ctx);
    case Status::approved:
    case Status::rejected: return decided_before(state);
    case Status::cancelled: return was_cancelled(state);
  }
  impossible();
}

Result<Events> escalate(const State& state, const Escalate& command, const Ctx& ctx) {
  switch (state.status) {
    case Status::none: return no_such_gate();
    case Status::pending: return escalate_while_pending(state, command, ctx);
    case Status::approved:
    case Status::rejected: return decided_before(state);
    case Status::cancelled: return was_cancelled(state);
  }
  impossible();
}

Result<Events> change_subject(const State& state, const ChangeSubject& command, const Ctx& ctx) {
  switch (state.status) {
    case Status::none: return no_such_gate();
    case Status::pending:
      if (command.digest == state.opened.subject.digest) return Events{};
      return Events{SubjectChanged{command.digest, command.change, ctx.now, command.reporter}};
    case Status::approved:
    case Status::rejected:
    case Status::cancelled: return Events{};
  }
  impossible();
}

Result<Events> set_priority(const State& state, const SetPriority& command, const Ctx& ctx) {
  switch (state.status) {
    case Status::none: return no_such_gate();
    case Status::pending:
      if (command.priority == state.opened.priority) return Events{};
      return Events{PriorityChanged{command.priority, ctx.now}};
    case Status::approved:
    case Status::rejected:
    case Status::cancelled: return Events{};
  }
  impossible();
}

Result<Events> consume(const State& state, const Ctx& ctx) {
  switch (state.status) {
    case Status::none: return no_such_gate();
    case Status::approved:
      if (state.consumed) return Events{};
      return Events{Consumed{ctx.now}};
    case Status::pending:
    case Status::rejected:
    case Status::cancelled:
      return conflict("\"" + state.opened.title + "\" released no work: it is " +
                          std::string(name_of(state.status)) + ".",
                      "Only work that an approved gate released can start.");
  }
  impossible();
}

Result<Events> cancel(const State& state, const Cancel& command, const Ctx& ctx) {
  switch (state.status) {
    case Status::none: return no_such_gate();
    case Status::pending: return Events{Cancelled{command.reason, ctx.now}};
    case Status::approved:
    case Status::rejected:
    case Status::cancelled: return Events{};
  }
  impossible();
}

std::optional<std::string> difference(const State& state, const std::string& shown) {
  const auto& versions = state.versions;
  const auto last =
      std::find_if(versions.rbegin(), versions.rend(),
                   [&](const SubjectVersion& version) { return version.digest == shown; });
  if (last == versions.rend()) return std::nullopt;
  std::vector<std::string> changes;
  for (auto at = last.base(); at != versions.end(); ++at) {
    if (std::find(changes.begin(), changes.end(), at->change) == changes.end()) {
      changes.push_back(at->change);
    }
  }
  return join(changes);
}

}  // namespace factory::gate
