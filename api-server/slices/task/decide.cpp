#include <algorithm>
#include <utility>

#include "slices/task/decide_rights.hpp"
#include "slices/task/task.hpp"

namespace factory::task {
namespace {

using Outcome = Result<Decision<Event>>;

Outcome nothing() { return Decision<Event>{}; }

Outcome one(Event event) {
  Decision<Event> decision;
  decision.events.push_back(std::move(event));
  return decision;
}

Outcome announced(Event event) {
  const std::string_view subject =
      std::visit([](const auto& alternative) { return alternative.type; }, event);
  Outcome outcome = one(std::move(event));
  outcome->effects.push_back({"announce", std::string(subject)});
  return outcome;
}

Reminded reminder(const State& state, std::size_t index,
                  const std::optional<std::vector<std::string>>& able, const Ctx& ctx) {
  const LadderStep& step = state.ladder().steps.at(index);
  Reminded event;
  event.step = static_cast<int>(index);
  event.name = step.name;
  event.to = step.to;
  event.recipients = audience(state, step.to, able, *ctx.people);
  if (event.recipients.size() > most_recipients) {
    event.others = static_cast<int>(event.recipients.size() - most_recipients);
    event.recipients.resize(most_recipients);
  }
  for (const NotifyChannel channel : step.channels) {
    const bool told = channel == NotifyChannel::in_app || ctx.carries_out(effect_kind(channel));
    if (told) event.channels.push_back(channel);
  }
  event.severity = step.severity;
  event.mention = step.mention;
  event.at = ctx.now;
  const State after = evolve(state, event);
  if (const auto next = next_step(after)) {
    event.next = state.ladder().steps.at(next->index).name;
    event.next_at = next->due;
  }
  return event;
}

/// Answers for each status; what the command does to an open task stands in `on_open`.
struct Decider {
  const State& state;
  const Ctx& ctx;

  Outcome operator()(const Create& command) const {
    switch (state.status) {
      case Status::none: {
        Created created = command.created;
        created.at = ctx.now;
        return announced(std::move(created));
      }
      case Status::pending:
      case Status::claimed:
      case Status::in_progress:
      case Status::escalated:
      case Status::completed:
      case Status::expired:
      case Status::cancelled: return refuse(ErrorCode::conflict, named(state) + " exists already.");
    }
    return missing();
  }

  Outcome operator()(const Claim& command) const {
    switch (state.status) {
      case Status::none: return missing();
      case Status::pending:
      case Status::escalated:
        if (const auto right = may_work(state, ctx); !right) return right.error();
        return taken_up(Claimed{ctx.actor.id, ctx.now}, !deferred_by(ctx.actor.id));
      case Status::claimed:
      case Status::in_progress:
        if (state.claimed_by == ctx.actor.id && !command.only_free) return nothing();
        return claimed_by_other(state);
      case Status::completed:
      case Status::expired:
      case Status::cancelled: return closed(state);
    }
    return missing();
  }

  Outcome operator()(const Start& /*command*/) const {
    switch (state.status) {
      case Status::none: return missing();
      case Status::pending:
      case Status::escalated: {
        if (const auto right = may_work(state, ctx); !right) return right.error();
        Outcome outcome = taken_up(Claimed{ctx.actor.id, ctx.now});
        outcome->events.emplace_back(Started{ctx.actor.id, ctx.now});
        return outcome;
      }
      case Status::claimed:
        if (state.claimed_by != ctx.actor.id) return claimed_by_other(state);
        return taken_up(Started{ctx.actor.id, ctx.now});
      case Status::in_progress:
        if (state.claimed_by != ctx.actor.id) return claimed_by_other(state);
        return nothing();
      case Status::completed:
      case Status::expired:
      case Status::cancelled: return closed(state);
    }
    return missing();
  }

  Outcome operator()(const Defer& command) const {
    switch (state.status) {
      case Status::none: return missing();
      case Status::pending:
      case Status::escalated: return defer(command);
      case Status::claimed:
      case Status::in_progress:
        if (state.claimed_by != ctx.actor.id) return claimed_by_other(state);
        return defer(command);
      case Status::completed:
      case Status::expired:
      case Status::cancelled: return closed(state);
    }
    return missing();
  }

  Outcome operator()(const Release& /*command*/) const {
    switch (state.status) {
      case Status::none: return missing();
      case Status::pending:
      case Status::escalated: return nothing();
      case Status::claimed:
      case Status::in_progress:
        if (state.claimed_by != ctx.actor.id && !ctx.actor.is_admin()) return not_theirs(state);
        return one(Released{ctx.actor.id, ctx.now, state.claimed_by, ""});
      case Status::completed:
      case Status::expired:
      case Status::cancelled: return closed(state);
    }
    return missing();
  }

  Outcome operator()(const Reassign& command) const {
    switch (state.status) {
      case Status::none: return missing();
      case Status::pending:
      case Status::claimed:
      case Status::in_progress:
      case Status::escalated: return reassign(command);
      case Status::completed:
      case Status::expired:
      case Status::cancelled: return closed(state);
    }
    return missing();
  }

  Outcome operator()(const SetPriority& command) const {
    switch (state.status) {
      case Status::none: return missing();
      case Status::pending:
      case Status::claimed:
      case Status::in_progress:
      case Status::escalated:
        if (const auto right = may_rank(ctx); !right) return right.error();
        if (command.priority == state.created.priority) return nothing();
        return one(
            PriorityChanged{state.created.priority, command.priority, command.reason, ctx.now});
      case Status::completed:
      case Status::expired:
      case Status::cancelled:
        if (command.follows) return nothing();
        return closed(state);
    }
    return missing();
  }

  Outcome operator()(const Complete& command) const {
    switch (state.status) {
      case Status::none: return missing();
      case Status::pending:
      case Status::claimed:
      case Status::in_progress:
      case Status::escalated: return complete(command);
      case Status::completed:
        if (state.completion && state.completion->by == ctx.actor.id &&
            state.completion->decision == command.decision) {
          return nothing();
        }
        return closed(state);
      case Status::expired:
      case Status::cancelled: return closed(state);
    }
    return missing();
  }

  Outcome operator()(const Resolve& command) const {
    return inside([&] {
      if (command.expired) return announced(Expired{command.decision, command.notes, ctx.now});
      return announced(Completed{command.decision,
                                 command.notes,
                                 {},
                                 command.by.empty() ? ctx.actor.id : command.by,
                                 ctx.now});
    });
  }

  Outcome operator()(const Reopen& command) const {
    switch (state.status) {
      case Status::none: return missing();
      case Status::pending:
      case Status::claimed:
      case Status::in_progress:
      case Status::escalated: return nothing();
      case Status::completed: return one(Reopened{command.reason, ctx.now});
      case Status::expired:
      case Status::cancelled: return closed(state);
    }
    return missing();
  }

  Outcome operator()(const Cancel& command) const {
    return inside([&] { return one(Cancelled{command.reason, ctx.now}); });
  }

  Outcome operator()(const Escalate& command) const {
    return inside([&]() -> Outcome {
      const bool by_clock = ctx.actor.type == ActorType::system;
      Escalated event{state.escalation_level + 1,  command.to, command.reason, false, ctx.now,
                      by_clock ? "" : ctx.actor.id};
      Outcome outcome = taken_up(std::move(event), !by_clock);
      outcome->effects.push_back({"announce", std::string(Escalated::type)});
      return outcome;
    });
  }

  Outcome operator()(const GiveBack& command) const {
    return inside([&] {
      if (state.claimed_by.empty() || state.claimed_by != command.from) return nothing();
      return taken_up(Released{ctx.actor.id, ctx.now, command.from, command.reason},
                      deferred_by(command.from));
    });
  }

  Outcome operator()(const PauseClock& /*command*/) const {
    return inside([&] { return state.paused_at ? nothing() : one(ClockPaused{ctx.now}); });
  }

  Outcome operator()(const ResumeClock& /*command*/) const {
    return inside([&] { return state.paused_at ? one(ClockResumed{ctx.now}) : nothing(); });
  }

  /// A timer that fires early, late or for nothing is set to what holds now.
  Outcome operator()(const TimerFired& command) const {
    const auto at = std::ranges::find(timer_names, command.name);
    if (at == timer_names.end()) {
      return refuse(ErrorCode::internal, "There is no timer " + command.name + " of tasks.");
    }
    const auto index = static_cast<std::size_t>(at - timer_names.begin());
    const auto due = schedule(state).at(index);
    if (due && *due <= ctx.now) return fire(index, command.able);
    Decision<Event> decision;
    decision.timers.push_back({command.name, due});
    return decision;
  }

 private:
  template <class OnOpen>
  Outcome inside(const OnOpen& on_open) const {
    switch (state.status) {
      case Status::none: return missing();
      case Status::pending:
      case Status::claimed:
      case Status::in_progress:
      case Status::escalated: return on_open();
      case Status::completed:
      case Status::expired:
      case Status::cancelled: return nothing();
    }
    return missing();
  }

  [[nodiscard]] Outcome reassign(const Reassign& command) const {
    if (const auto right = may_reassign(ctx); !right) return right.error();
    if (!command.to.empty()) {
      if (const auto right = may_be_given(state, command.to, ctx); !right) return right.error();
    }
    const bool held = state.claimed_by.empty() || state.claimed_by == command.to;
    if (state.assignee == command.to && held) return nothing();
    return taken_up(Reassigned{state.holder(), command.to, ctx.actor.id, command.reason, ctx.now});
  }

  [[nodiscard]] bool deferred_by(const std::string& who) const {
    return state.deferral && state.deferral->by == who;
  }

  /// The event, and before it the end of a deferral, if `ends` and there is one.
  [[nodiscard]] Outcome taken_up(Event event, bool ends = true) const {
    Decision<Event> decision;
    if (ends && state.deferral) {
      decision.events.emplace_back(DeferralEnded{state.deferral->by, ctx.now});
    }
    decision.events.push_back(std::move(event));
    return decision;
  }

  [[nodiscard]] Outcome defer(const Defer& command) const {
    if (const auto right = may_work(state, ctx); !right) return right.error();
    const bool same = deferred_by(ctx.actor.id) && state.deferral->until == command.until &&
                      state.deferral->reason == command.reason;
    if (same) return nothing();
    if (const auto fits = check_until(command.until, ctx.now); !fits) return fits.error();
    return one(Deferred{command.until, command.reason, ctx.actor.id, ctx.now});
  }

  [[nodiscard]] Outcome complete(const Complete& command) const {
    if (const auto right = may_work(state, ctx); !right) return right.error();
    if (!can_end_as(state.created.kind, command.decision)) {
      return wrong_decision(state, command.decision);
    }
    const bool theirs = state.claimed_by.empty() || state.claimed_by == ctx.actor.id ||
                        state.assignee == ctx.actor.id || ctx.actor.is_admin();
    if (!theirs) return claimed_by_other(state);
    return announced(
        Completed{command.decision, command.notes, command.output, ctx.actor.id, ctx.now});
  }

  /// Takes every step of the ladder that is due.
  [[nodiscard]] Outcome climb(const std::optional<std::vector<std::string>>& able) const {
    Decision<Event> decision;
    State after = state;
    for (auto next = next_step(after); next && next->due <= ctx.now; next = next_step(after)) {
      Reminded event = reminder(after, next->index, able, ctx);
      const std::string subject = std::string(Reminded::type) + "/" + std::to_string(next->index);
      for (const NotifyChannel channel : event.channels) {
        if (is_shared(channel)) decision.effects.push_back({effect_kind(channel), subject});
      }
      after = evolve(std::move(after), event);
      decision.events.emplace_back(std::move(event));
    }
    return decision;
  }

  [[nodiscard]] Outcome fire(std::size_t timer,
                             const std::optional<std::vector<std::string>>& able) const {
    if (timer == 0) return announced(SlaWarned{ctx.now});
    if (timer == 1) return announced(SlaBreached{ctx.now});
    if (timer == 3) return climb(able);
    if (timer == 4) return one(DeferralEnded{state.deferral->by, ctx.now});
    const std::string after = std::to_string(state.sla().escalate_minutes);
    return announced(Escalated{state.escalation_level + 1, "",
                               "nobody has closed it for " + after + " minutes", true, ctx.now,
                               ""});
  }
};

}  // namespace

Outcome decide(const State& state, const Command& command, const Ctx& ctx) {
  Outcome outcome = std::visit(Decider{state, ctx}, command);
  if (!outcome || outcome->events.empty()) return outcome;
  State after = state;
  for (const Event& event : outcome->events) after = evolve(std::move(after), event);
  const auto before_timers = schedule(state);
  const auto after_timers = schedule(after);
  for (std::size_t i = 0; i < timer_names.size(); ++i) {
    if (before_timers[i] == after_timers[i]) continue;
    outcome->timers.push_back({std::string(timer_names[i]), after_timers[i]});
  }
  return outcome;
}

}  // namespace factory::task
