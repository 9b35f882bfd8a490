#include <stdexcept>
#include <utility>

#include "slices/report/decide_parts.hpp"

namespace factory::report {
namespace {

/// What the world is told of an event; empty: nothing. That a report waits is told by its gate.
std::string_view announcement(const Event& event) {
  return std::visit(overloaded{
                        [](const Approved& e) { return e.type; },
                        [](const Rejected& e) { return e.type; },
                        [](const ExemptionExpired& e) { return e.type; },
                        [](const Submitted&) { return std::string_view{}; },
                        [](const CheckReported&) { return std::string_view{}; },
                        [](const Exempted&) { return std::string_view{}; },
                        [](const ReviewGiven&) { return std::string_view{}; },
                        [](const ReviewRescinded&) { return std::string_view{}; },
                    },
                    event);
}

/// The one timer follows from the exemptions.
Decision<Event> settle(const State& before, Events events, bool fired) {
  Decision<Event> decision;
  State after = before;
  for (const Event& event : events) {
    after = evolve(std::move(after), event);
    if (const auto subject = announcement(event); !subject.empty()) {
      decision.effects.push_back({"announce", std::string(subject)});
    }
  }
  const auto due = next_expiry(after);
  if (fired || due != next_expiry(before)) decision.timers.push_back({"exemptions", due});
  decision.events = std::move(events);
  return decision;
}

bool same_content(const Submitted& left, const Submitted& right) {
  return left.server_name == right.server_name && left.repository_url == right.repository_url &&
         left.developer_email == right.developer_email && left.report_digest == right.report_digest;
}

/// The next submission, at the gate that waits or at a new one.
Decided submit(const State& state, const Submit& command, const Ctx& ctx, bool new_gate) {
  Submitted event = command.submitted;
  event.submission = state.status == Status::none ? 1 : state.current.submission + 1;
  event.by = ctx.actor.id;
  event.at = ctx.now;
  if (new_gate) {
    const Involved involved{ctx.actor.id, {}};
    auto possible = check_satisfiable(event.plan->policy, involved, *ctx.people,
                                      "the review of " + event.server_name);
    if (!possible) return std::move(possible.error());
    event.gate_id = ctx.ids.make("gate", 0);
    event.task_id = ctx.ids.make("task", 1);
  } else {
    event.gate_id = state.current.gate_id;
    event.task_id = state.current.task_id;
    event.plan.reset();
  }
  return Events{with_digest(state, std::move(event))};
}

}  // namespace

Decided decide_on(const State& state, const Submit& command, const Ctx& ctx) {
  switch (state.status) {
    case Status::none: return submit(state, command, ctx, true);
    case Status::pending_review:
      if (same_content(state.current, command.submitted)) return Events{};
      return submit(state, command, ctx, false);
    case Status::approved:
    case Status::rejected: return submit(state, command, ctx, true);
  }
  impossible();
}

Result<Decision<Event>> decide(const State& state, const Command& command, const Ctx& ctx) {
  auto events = std::visit([&](const auto& c) { return decide_on(state, c, ctx); }, command);
  if (!events) return std::move(events.error());
  return settle(state, std::move(*events), std::holds_alternative<TimerFired>(command));
}

Error no_such_report() {
  return {ErrorCode::not_found,
          "There is no such report.",
          "GET /api/v1/reports lists those that exist.",
          {},
          {}};
}

void impossible() { throw std::logic_error("a report has no such status"); }

}  // namespace factory::report
