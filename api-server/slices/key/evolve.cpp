#include <utility>

#include "slices/key/key.hpp"

namespace factory::key {
namespace {

struct Evolver {
  State& state;

  void operator()(const Created& created) const {
    state.status = Status::active;
    state.created = created;
    state.secret = {created.secret_hash, created.hash_version, std::nullopt};
  }
  void operator()(const Rotated& rotated) const {
    state.earlier = std::exchange(state.secret,
                                  Secret{rotated.secret_hash, rotated.hash_version, std::nullopt});
    state.earlier->until = rotated.overlap_until;
    state.rotated = rotated;
    ++state.rotations;
  }
  void operator()(const Revoked& revoked) const {
    state.status = Status::revoked;
    state.revoked = revoked;
  }
  void operator()(const Expired&) const { state.status = Status::expired; }
};

}  // namespace

State evolve(State state, const Event& event) {
  std::visit(Evolver{state}, event);
  return state;
}

}  // namespace factory::key
