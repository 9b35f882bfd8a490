#include <algorithm>

#include "common/text.hpp"
#include "slices/gate/decide_parts.hpp"

namespace factory::gate {
namespace {

const Voted* vote_of(const State& state, const std::string& person) {
  const auto at = std::find_if(state.votes.begin(), state.votes.end(),
                               [&](const Voted& vote) { return vote.person == person; });
  return at == state.votes.end() ? nullptr : &*at;
}

std::string past(Verdict verdict) { return verdict == Verdict::approve ? "approved" : "rejected"; }

/// Whether the person saw what stands. Who names no digest takes what stands; the vote records it.
Result<Done> check_digest(const State& state, const std::string& shown) {
  const std::string& current = state.opened.subject.digest;
  if (shown.empty() || shown == current) return Done{};
  Error error{ErrorCode::subject_changed,
              "What \"" + state.opened.title + "\" decides on has changed since it was shown.",
              "Read the approval again and decide on its current digest.",
              {},
              {{"shown", shown}, {"current", current}}};
  if (const auto changed = difference(state, shown)) {
    error.data.emplace("difference", *changed);
    error.detail += " Changed: " + *changed + ".";
  } else {
    error.detail =
        "\"" + state.opened.title + "\" never stood at the digest " + excerpt(shown, 80) + ".";
  }
  return error;
}

Voted vote_event(const State& state, const Vote& command, const Ctx& ctx,
                 const std::string& place) {
  Voted event;
  event.person = ctx.actor.id;
  if (place != ctx.actor.id) event.on_behalf_of = place;
  event.channel = ctx.actor.channel;
  event.verdict = command.verdict;
  event.notes = command.notes;
  if (command.verdict == Verdict::approve) {
    event.conditions = command.conditions;
  } else {
    event.requested_changes = command.requested_changes;
    event.severity = command.severity;
  }
  event.digest = state.opened.subject.digest;
  event.digest_given = !command.digest.empty();
  event.at = ctx.now;
  event.comment_id = command.comment_id;
  return event;
}

/// Whether the policy lets a comment carry the vote.
Result<Done> check_comment(const State& state, const Vote& command) {
  if (command.comment_id.empty() || state.opened.policy.decide_by_comment) return Done{};
  return Error{ErrorCode::forbidden,
               "\"" + state.opened.title + "\" takes no decision by a comment.",
               "Comment without a decision, and decide by the approval's own route.",
               {},
               {}};
}

Result<Events> vote_while_pending(const State& state, const Vote& command, const Ctx& ctx) {
  const std::string& actor = ctx.actor.id;
  if (auto allowed = check_actor(state, ctx.actor); !allowed) return std::move(allowed.error());
  if (auto allowed = check_comment(state, command); !allowed) return std::move(allowed.error());
  if (auto allowed = check_digest(state, command.digest); !allowed) {
    return std::move(allowed.error());
  }
  if (const Voted* earlier = vote_of(state, actor)) {
    const bool same = earlier->verdict == command.verdict;
    // A second comment would say that it decided, which it did not.
    if (same && command.comment_id.empty()) return Events{};
    return conflict(actor + " has " + past(earlier->verdict) + " \"" + state.opened.title + "\".",
                    same ? "Leave `decision` out to comment alone."
                         : "Rescind that vote first, then decide anew.");
  }
  const GatePolicy& policy = state.opened.policy;
  auto approvers = state.approvers();
  const auto place =
      decides_for(policy, state.involved(), actor, state.delegated(), approvers, *ctx.people);
  if (!place) return place.error();
  if (command.verdict == Verdict::reject &&
      command.notes.find_first_not_of(" \t\r\n") == std::string::npos) {
    return Error{ErrorCode::unprocessable,
                 "A rejection needs a reason.",
                 "Say what is wrong, and in `requested_changes` what has to change.",
                 {},
                 {}};
  }
  Events events{vote_event(state, command, ctx, *place)};
  if (command.verdict == Verdict::reject) {
    events.push_back(
        Rejected{actor, command.notes, command.requested_changes, command.severity, ctx.now});
    return events;
  }
  approvers.push_back(*place);
  if (standing(policy, state.involved(), approvers, *ctx.people).met) {
    events.push_back(Approved{actor, ctx.now});
  }
  return events;
}

/// Once it is decided, the same again is answered with what stands, and all else with who decided.
Result<Events> vote_when_decided(const State& state, const Vote& command, const Ctx& ctx) {
  const Voted* earlier = vote_of(state, ctx.actor.id);
  const bool same = ctx.actor.type == ActorType::person && earlier != nullptr &&
                    earlier->verdict == command.verdict && command.comment_id.empty() &&
                    (command.digest.empty() || command.digest == earlier->digest);
  if (same) return Events{};
  return decided_before(state);
}

Error not_their_vote(const State& state, const std::string& actor) {
  if (state.votes.empty()) {
    return conflict("Nobody's vote stands at \"" + state.opened.title + "\".",
                    "There is nothing to take back.");
  }
  std::vector<std::string> voters;
  for (const Voted& vote : state.votes) voters.push_back(vote.person);
  return Error{ErrorCode::forbidden,
               actor + " has no vote at \"" + state.opened.title + "\" to take back.",
               "A vote is taken back by who gave it: " + join(voters) + ".",
               {},
               {}};
}

/// Only the vote that closed the gate can be taken back, and only until the work that it released
/// has started.
Result<Events> rescind_approval(const State& state, const Rescind& command, const Ctx& ctx) {
  const std::string& actor = ctx.actor.id;
  if (vote_of(state, actor) == nullptr) return not_their_vote(state, actor);
  if (state.consumed) {
    return conflict("The work that \"" + state.opened.title + "\" released has started.",
                    "Nothing can be taken back here; pause or fail the pipeline instead.");
  }
  if (state.decided_by == "system") {
    return conflict("\"" + state.opened.title + "\" was approved by its deadline, not by a vote.",
                    "Pause the pipeline, or archive it; submit a report anew.");
  }
  if (state.decided_by != actor) {
    return conflict("\"" + state.opened.title +
                        "\" is approved: only the deciding vote can still be "
                        "taken back, by " +
                        state.decided_by + ".",
                    "Ask " + state.decided_by + " to rescind, or pause the pipeline.");
  }
  return Events{
      Rescinded{actor, command.reason, true, ctx.now, deadline_from(state.opened.policy, ctx.now)}};
}

}  // namespace

Result<Events> cast_vote(const State& state, const Vote& command, const Ctx& ctx) {
  switch (state.status) {
    case Status::none: return no_such_gate();
    case Status::pending: return vote_while_pending(state, command, ctx);
    case Status::approved:
    case Status::rejected: return vote_when_decided(state, command, ctx);
    case Status::cancelled: return was_cancelled(state);
  }
  impossible();
}

Result<Events> rescind(const State& state, const Rescind& command, const Ctx& ctx) {
  switch (state.status) {
    case Status::none: return no_such_gate();
    case Status::pending:
      if (vote_of(state, ctx.actor.id) == nullptr) return not_their_vote(state, ctx.actor.id);
      return Events{Rescinded{ctx.actor.id, command.reason, false, ctx.now, std::nullopt}};
    case Status::approved: return rescind_approval(state, command, ctx);
    case Status::rejected:
      return conflict("\"" + state.opened.title + "\" is rejected, and went back to be reworked.",
                      "A rejection is final; the next gate decides on the reworked content.");
    case Status::cancelled: return was_cancelled(state);
  }
  impossible();
}

}  // namespace factory::gate
