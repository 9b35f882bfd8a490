#include <algorithm>

#include "common/text.hpp"
#include "slices/report/decide_parts.hpp"

namespace factory::report {
namespace {

Error checks_fail(const State& state, const std::vector<std::string>& failing) {
  Error error{ErrorCode::checks_failed,
              state.current.server_name +
                  " cannot be approved: " + (failing.size() == 1 ? "the check " : "the checks ") +
                  join(failing) + (failing.size() == 1 ? " fails." : " fail."),
              "Mend it and have the checks run again, or grant an exemption: POST "
              "/api/v1/reports/{id}/exemptions.",
              {},
              {{"failing_checks", join(failing, ", ", failing.size())}}};
  for (const std::string& name : failing) {
    const std::string& details = state.checks.at(name).details;
    std::string pointer = "/checks";
    append_pointer(pointer, name);
    error.fields.push_back(
        {std::move(pointer), details.empty() ? "fails" : "fails: " + excerpt(details, 200)});
  }
  return error;
}

const ReviewGiven* given_by(const State& state, const std::string& person) {
  const auto found = std::find_if(state.given.begin(), state.given.end(),
                                  [&](const ReviewGiven& review) { return review.by == person; });
  return found == state.given.end() ? nullptr : &*found;
}

Decided review_pending(const State& state, const Review& command, const Ctx& ctx) {
  const auto failing = state.failing(ctx.now);
  if (command.verdict == Verdict::approved && !failing.empty()) return checks_fail(state, failing);
  return Events{ReviewGiven{command.verdict, command.reviewed_by, command.notes,
                            command.requested_changes, command.digest, ctx.actor.id, ctx.now}};
}

/// Once it is decided the same again is answered with what stands, and all else with who decided.
Decided review_decided(const State& state, const Review& command, const Ctx& ctx, Verdict stands) {
  const std::string& actor = ctx.actor.id;
  const bool took_part = given_by(state, actor) != nullptr || state.outcome->by == actor;
  if (command.verdict == stands && took_part) return Events{};
  const std::string at = format_time(state.outcome->at);
  const std::string& by = state.outcome->by;
  const std::string outcome(name_of(stands));
  return Error{ErrorCode::already_decided,
               "The report of " + state.current.server_name + " was " + outcome + " by " +
                   (by == "system" ? "the deadline" : by) + " at " + at + ".",
               "A new submission is reviewed anew.",
               {},
               {{"decided_by", by}, {"decided_at", at}, {"outcome", outcome}}};
}

Error waits_for_another() {
  return {ErrorCode::conflict,
          "The report does not wait for this approval any more.",
          "Read the report again: `approval_id` names what it waits for.",
          {},
          {}};
}

bool waits_for(const State& state, const std::string& gate_id) {
  return state.status == Status::pending_review && state.current.gate_id == gate_id;
}

/// What goes into the outcome: as it was given over the report's route, else what the gate knows.
template <class E>
E outcome(const State& state, const std::string& by, const std::string& notes, Verdict verdict,
          Time at) {
  const ReviewGiven* given = given_by(state, by);
  if (given != nullptr && given->verdict == verdict) {
    return {by, given->reviewed_by, given->notes, at};
  }
  return {by, by, notes, at};
}

}  // namespace

Decided decide_on(const State& state, const Review& command, const Ctx& ctx) {
  switch (state.status) {
    case Status::none: return no_such_report();
    case Status::pending_review: return review_pending(state, command, ctx);
    case Status::approved: return review_decided(state, command, ctx, Verdict::approved);
    case Status::rejected: return review_decided(state, command, ctx, Verdict::rejected);
  }
  impossible();
}

Decided decide_on(const State& state, const GateApproved& command, const Ctx& ctx) {
  if (!waits_for(state, command.gate_id)) return waits_for_another();
  if (const auto failing = state.failing(ctx.now); !failing.empty())
    return checks_fail(state, failing);
  return Events{outcome<Approved>(state, command.by, command.notes, Verdict::approved, ctx.now)};
}

Decided decide_on(const State& state, const GateRejected& command, const Ctx& ctx) {
  if (!waits_for(state, command.gate_id)) return waits_for_another();
  return Events{outcome<Rejected>(state, command.by, command.reason, Verdict::rejected, ctx.now)};
}

Decided decide_on(const State& state, const GateRescinded& command, const Ctx& ctx) {
  const bool its_own = state.current.gate_id == command.gate_id;
  switch (state.status) {
    case Status::none: return no_such_report();
    case Status::pending_review:
      if (!its_own || command.reopened) return waits_for_another();
      return Events{ReviewRescinded{command.person, false, ctx.now}};
    case Status::approved:
      if (!its_own || !command.reopened) return waits_for_another();
      return Events{ReviewRescinded{command.person, true, ctx.now}};
    case Status::rejected: return waits_for_another();
  }
  impossible();
}

}  // namespace factory::report
