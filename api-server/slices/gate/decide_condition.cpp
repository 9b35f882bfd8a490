#include <algorithm>

#include "common/text.hpp"
#include "slices/gate/decide_parts.hpp"

namespace factory::gate {
namespace {

bool has(const Voted& vote, const std::string& condition) {
  return std::find(vote.conditions.begin(), vote.conditions.end(), condition) !=
         vote.conditions.end();
}

Result<Events> meet(const State& state, const MeetCondition& command, const Ctx& ctx) {
  if (auto allowed = check_actor(state, ctx.actor); !allowed) return std::move(allowed.error());
  bool known = false;
  for (const Voted& vote : state.votes) {
    if (!command.of.empty() && vote.person != command.of) continue;
    if (!has(vote, command.condition)) continue;
    known = true;
    if (state.met_of(vote.person, command.condition) != nullptr) continue;
    return Events{
        ConditionMet{command.condition, vote.person, ctx.actor.id, command.notes, ctx.now}};
  }
  if (known) return Events{};
  return Error{ErrorCode::unprocessable,
               "Nobody has approved \"" + state.opened.title +
                   "\" under this condition: " + excerpt(command.condition, 200) + ".",
               "Name one of the approval's `conditions` as it stands there.",
               {{"/condition", "is no condition of a vote that counts"}},
               {}};
}

}  // namespace

Result<Events> meet_condition(const State& state, const MeetCondition& command, const Ctx& ctx) {
  switch (state.status) {
    case Status::none: return no_such_gate();
    case Status::pending:
    case Status::approved: return meet(state, command, ctx);
    case Status::rejected: return decided_before(state);
    case Status::cancelled: return was_cancelled(state);
  }
  impossible();
}

}  // namespace factory::gate
