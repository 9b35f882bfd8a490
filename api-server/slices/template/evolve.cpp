#include "slices/template/template.hpp"

namespace factory::pipeline_template {

State evolve(State state, const Event& event) {
  std::visit(overloaded{[&](const Loaded& loaded) {
               state.exists = true;
               state.loaded = loaded;
             }},
             event);
  return state;
}

}  // namespace factory::pipeline_template
