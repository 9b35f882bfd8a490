#include <algorithm>
#include <utility>

#include "slices/group/group.hpp"

namespace factory::group {
namespace {

struct Evolver {
  State& state;

  void operator()(const Created& event) const {
    state = State{};
    state.status = Status::active;
    state.created = event;
    state.members = event.members;
  }
  void operator()(const MemberAdded& event) const {
    state.members.insert(std::lower_bound(state.members.begin(), state.members.end(), event.member),
                         event.member);
  }
  void operator()(const MemberRemoved& event) const { std::erase(state.members, event.member); }
  void operator()(const Deleted& event) const {
    state.status = Status::deleted;
    state.members.clear();
    state.deleted_by = event.by;
    state.deleted_at = event.at;
  }
};

}  // namespace

State evolve(State state, const Event& event) {
  std::visit(Evolver{state}, event);
  return state;
}

}  // namespace factory::group
