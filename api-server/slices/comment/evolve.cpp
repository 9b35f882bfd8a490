#include <algorithm>
#include <iterator>
#include <utility>

#include "slices/comment/comment.hpp"

namespace factory::comment {
namespace {

void tell(State& state, const std::vector<std::string>& people) {
  std::vector<std::string> all;
  std::set_union(state.told.begin(), state.told.end(), people.begin(), people.end(),
                 std::back_inserter(all));
  state.told = std::move(all);
}

struct Evolver {
  State& state;

  void operator()(const Posted& event) const {
    state.status = Status::posted;
    state.posted = event;
    tell(state, event.mentions);
  }
  void operator()(const Edited& event) const {
    state.posted.text = event.text;
    state.posted.mentions = event.mentions;
    state.posted.unknown_mentions = event.unknown_mentions;
    state.edited_at = event.at;
    ++state.edits;
    tell(state, event.mentions);
  }
  void operator()(const Deleted& event) const {
    state.status = Status::deleted;
    state.deleted = event;
    state.posted.text.clear();
    state.posted.mentions.clear();
    state.posted.unknown_mentions.clear();
  }
};

}  // namespace

State evolve(State state, const Event& event) {
  std::visit(Evolver{state}, event);
  return state;
}

}  // namespace factory::comment
