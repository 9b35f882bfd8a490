#include "slices/task/decide_rights.hpp"

#include <utility>

namespace factory::task {
namespace {

bool is_agent(const Ctx& ctx) {
  return ctx.actor.type == ActorType::agent || ctx.actor.role == Role::agent;
}

}  // namespace

bool for_agents(Type kind) {
  switch (kind) {
    case Type::manual_action:
    case Type::fix_required: return true;
    case Type::approval:
    case Type::review:
    case Type::decision: return false;
  }
  return false;
}

std::string named(const State& state) { return "The task \"" + state.created.title + "\""; }

Error missing() { return {ErrorCode::not_found, "There is no such task.", "", {}, {}}; }

Error refuse(ErrorCode code, std::string detail, std::string hint) {
  return {code, std::move(detail), std::move(hint), {}, {}};
}

Error closed(const State& state) {
  if (state.completion) {
    const Completed& done = *state.completion;
    const std::string at = format_time(done.at);
    const std::string how = state.status == Status::expired
                                ? " expired, and its deadline decided " + done.decision
                                : " was completed as " + done.decision + " by " + done.by;
    return {ErrorCode::already_decided,
            named(state) + how + " at " + at + ".",
            "",
            {},
            {{"decided_by", done.by}, {"decided_at", at}, {"outcome", done.decision}}};
  }
  return refuse(ErrorCode::conflict,
                named(state) + " is " + std::string(name_of(state.status)) +
                    (state.cancel_reason.empty() ? "." : ": " + state.cancel_reason + "."),
                "Nothing is left to do here; look at its pipeline for what waits now.");
}

factory::Status may_work(const State& state, const Ctx& ctx) {
  if (ctx.actor.type == ActorType::system) return Done{};
  if (is_agent(ctx)) {
    if (for_agents(state.created.kind)) return Done{};
    return refuse(ErrorCode::forbidden,
                  ctx.actor.id + " is an agent, and agents take no task of type " +
                      std::string(name_of(state.created.kind)) + ".",
                  "Leave it to a person; agents work on fix_required and manual_action.");
  }
  return may_rank(ctx);
}

factory::Status may_rank(const Ctx& ctx) {
  if (ctx.actor.type == ActorType::system || ctx.actor.role != Role::viewer) return Done{};
  return refuse(ErrorCode::forbidden, ctx.actor.id + " may look at tasks but not change them.",
                "Use a key of role operator, admin or owner.");
}

factory::Status may_reassign(const Ctx& ctx) {
  if (ctx.actor.is_admin() || ctx.actor.role == Role::operator_) return Done{};
  return refuse(ErrorCode::forbidden, ctx.actor.id + " may not give tasks to others.",
                "Ask an operator, admin or owner to do it.");
}

Error claimed_by_other(const State& state) {
  const std::string at = state.claimed_at ? format_time(*state.claimed_at) : "";
  return {ErrorCode::conflict,
          named(state) + " was claimed by " + state.claimed_by + " at " + at + ".",
          "Take another task, or ask " + state.claimed_by + " or an admin to release it.",
          {},
          {{"claimed_by", state.claimed_by}, {"claimed_at", at}}};
}

Error not_theirs(const State& state) {
  return refuse(ErrorCode::forbidden, named(state) + " is claimed by " + state.claimed_by +
                                          "; only they or an admin may release it.");
}

factory::Status may_be_given(const State& state, const std::string& person, const Ctx& ctx) {
  const Person* found = ctx.people->find(person);
  const auto wrong = [](std::string detail, std::string hint) -> Error {
    return {ErrorCode::unprocessable, detail, std::move(hint), {{"/assignee_id", detail}}, {}};
  };
  if (found == nullptr) {
    return wrong("There is nobody named " + person + ".",
                 "Name the owner of an active key, as `factory-api key list` shows them.");
  }
  const std::string kind(name_of(state.created.kind));
  if (found->may_decide()) return Done{};
  if (found->agent) {
    if (for_agents(state.created.kind)) return Done{};
    return wrong(person + " is an agent and takes no task of type " + kind + ".",
                 "Give it to a person.");
  }
  return wrong(person + " may not act on tasks of type " + kind + ".",
               "Give it to an operator, admin or owner.");
}

factory::Status check_until(Time until, Time now) {
  const auto wrong = [](std::string why) -> Error {
    return {ErrorCode::invalid_request,
            "The task cannot be deferred: `until` " + why + ".",
            "A task is put off for a while; its SLA goes on meanwhile.",
            {{"/until", std::move(why)}},
            {}};
  };
  if (until <= now) return wrong("must lie in the future");
  if (until - now > longest_deferral) return wrong("must lie at most 30 days ahead");
  return Done{};
}

bool can_end_as(Type kind, const std::string& decision) {
  const bool verdict = decision == "approved" || decision == "rejected";
  switch (kind) {
    case Type::approval: return false;
    case Type::review:
    case Type::decision: return verdict;
    case Type::manual_action: return verdict || decision == "done";
    case Type::fix_required: return decision == "done";
  }
  return false;
}

Error wrong_decision(const State& state, const std::string& decision) {
  const std::string detail = named(state) + " is of type " +
                             std::string(name_of(state.created.kind)) + " and cannot end as " +
                             (decision.empty() ? "nothing" : decision) + ".";
  switch (state.created.kind) {
    case Type::approval:
      return refuse(
          ErrorCode::unprocessable, detail,
          "It is decided at its gate " + state.created.gate_id + ": approve or reject that.");
    case Type::review:
    case Type::decision:
      return refuse(ErrorCode::unprocessable, detail, "Decide `approved` or `rejected`.");
    case Type::manual_action:
      return refuse(ErrorCode::unprocessable, detail, "Decide `done`, `approved` or `rejected`.");
    case Type::fix_required:
      return refuse(ErrorCode::unprocessable, detail,
                    "Report the mended work of stage " + state.created.stage +
                        ", which completes it, or complete it as `done`.");
  }
  return refuse(ErrorCode::unprocessable, detail);
}

}  // namespace factory::task
