#include <utility>

#include "slices/preference/preference.hpp"

namespace factory::preference {

State evolve(State state, const Event& event) {
  state.exists = true;
  state.set = std::get<Changed>(event);
  return state;
}

}  // namespace factory::preference
