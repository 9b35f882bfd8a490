#include <algorithm>
#include <stdexcept>

#include "common/text.hpp"
#include "slices/gate/decide_parts.hpp"

namespace factory::gate {

Error no_such_gate() {
  return Error{ErrorCode::not_found,
               "There is no such approval.",
               "GET /v1/approvals lists those that exist.",
               {},
               {}};
}

Error decided_before(const State& state) {
  const std::string outcome(name_of(state.status));
  const std::string at = format_time(state.decided_at);
  const std::string by = state.decided_by == "system" ? "the deadline" : state.decided_by;
  return Error{ErrorCode::already_decided,
               "\"" + state.opened.title + "\" was " + outcome + " by " + by + " at " + at + ".",
               "",
               {},
               {{"decided_by", state.decided_by}, {"decided_at", at}, {"outcome", outcome}}};
}

Error was_cancelled(const State& state) {
  return conflict("\"" + state.opened.title + "\" was cancelled: " + state.reason + ".",
                  "Nothing waits for a decision here any more.");
}

Error conflict(std::string detail, std::string hint) {
  return Error{ErrorCode::conflict, std::move(detail), std::move(hint), {}, {}};
}

Result<Done> check_actor(const State& state, const Principal& actor) {
  switch (actor.type) {
    case ActorType::person: break;
    case ActorType::agent:
      return Error{ErrorCode::forbidden,
                   actor.id + " is an agent, and agents never decide.",
                   "Ask a person; the approval's `eligible` names those who can.",
                   {},
                   {}};
    case ActorType::system:
      return Error{ErrorCode::forbidden,
                   "Only a person can decide this.",
                   "Use the key of a person.",
                   {},
                   {}};
  }
  const auto& channels = state.opened.policy.channels;
  if (channels.empty() ||
      std::find(channels.begin(), channels.end(), actor.channel) != channels.end()) {
    return Done{};
  }
  return Error{
      ErrorCode::forbidden,
      "\"" + state.opened.title + "\" takes no decision over the channel " + actor.channel + ".",
      "Use a key of a channel that it takes: " + join(channels) + ".",
      {},
      {}};
}

void impossible() { throw std::logic_error("a gate has no such status"); }

}  // namespace factory::gate
