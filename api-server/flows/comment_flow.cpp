#include "flows/comment_flow.hpp"

#include "common/text.hpp"
#include "slices/comment/comment.hpp"
#include "slices/gate/gate.hpp"

namespace factory::flows {
namespace {

/// A vote holds no more of it; the whole text is in the comment, which the vote names.
constexpr std::size_t longest_notes = 4000;

}  // namespace

void follow_comment(const engine::Happened& happened, std::vector<engine::Command>& follow_ups) {
  const auto& event = std::any_cast<const comment::Event&>(happened.event.event);
  const auto* posted = std::get_if<comment::Posted>(&event);
  if (posted == nullptr || !posted->decision) return;
  const bool approves = *posted->decision == comment::Verdict::approve;
  gate::Vote vote;
  vote.verdict = approves ? gate::Verdict::approve : gate::Verdict::reject;
  vote.notes = excerpt(posted->text, longest_notes);
  vote.digest = posted->digest;
  vote.comment_id = happened.stream;
  follow_ups.push_back({posted->approval_id, gate::Command{std::move(vote)}});
}

}  // namespace factory::flows
