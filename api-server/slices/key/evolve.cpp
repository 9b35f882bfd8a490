#include <utility>

#include "slices/key/key.hpp"

namespace factory::key {
namespace {

struct Evolver {
  State& state;

  void operator()(const Created& created) const {
    state.status = Status::active;
    state.created = created;
  }
  void operator()(const Revoked& revoked) const {
    state.status = Status::revoked;
    state.revoked = revoked;
  }
};

}  // namespace

State evolve(State state, const Event& event) {
  std::visit(Evolver{state}, event);
  return state;
}

}  // namespace factory::key
