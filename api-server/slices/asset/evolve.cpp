#include <utility>

#include "slices/asset/asset.hpp"

namespace factory::asset {
namespace {

struct Evolver {
  State& state;

  void operator()(const Created& created) const {
    state.pipeline_id = created.pipeline_id;
    state.path = created.path;
    add(created.version);
  }
  void operator()(const Updated& updated) const { add(updated.version); }
  void operator()(const Archived& archived) const {
    state.status = Status::archived;
    state.archived = archived;
  }
  void operator()(const Purged& /*purged*/) const {
    state.purged = static_cast<int>(state.versions.size());
  }

  void add(const Version& version) const {
    state.status = Status::active;
    state.archived.reset();
    state.versions.push_back(version);
  }
};

}  // namespace

State evolve(State state, const Event& event) {
  std::visit(Evolver{state}, event);
  return state;
}

}  // namespace factory::asset
