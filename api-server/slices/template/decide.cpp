#include <utility>

#include "slices/template/template.hpp"

namespace factory::pipeline_template {

Result<Decision<Event>> decide(const State& state, const Command& command, const Ctx& ctx) {
  return std::visit(
      overloaded{[&](const Load& load) -> Result<Decision<Event>> {
        if (state.exists) return Decision<Event>{};  // the same digest is the same definition
        if (load.loaded.digest.empty()) {
          return Error{ErrorCode::unprocessable, "There is no definition to load.", {}, {}, {}};
        }
        Loaded loaded = load.loaded;
        loaded.at = ctx.now;
        return Decision<Event>{{Event{std::move(loaded)}}, {}, {}};
      }},
      command);
}

}  // namespace factory::pipeline_template
