#include "queries/routes.hpp"

#include <nlohmann/json.hpp>

#include "flows/slices.hpp"
#include "queries/audit.hpp"
#include "queries/blocker.hpp"
#include "queries/dashboard.hpp"
#include "queries/effects.hpp"
#include "queries/search.hpp"

namespace factory::queries {
namespace {

using http::Answer;
using http::Request;

Answer answer_of(const nlohmann::json& document) {
  Answer answer;
  answer.body = document.dump();
  return answer;
}

}  // namespace

void bind_routes(http::Handlers& handlers, const Services& services) {
  handlers.bind("blocker.list",
                [&services](const Request& request) { return blockers(services, request); });
  handlers.bind("dashboard.summary", [&services](const Request& /*request*/) -> Result<Answer> {
    return answer_of(dashboard(services));
  });
  handlers.bind("search",
                [&services](const Request& request) { return search(services, request); });
  handlers.bind("audit.list", [&services](const Request& request) {
    return audit(services, all_slices(), request);
  });
  handlers.bind("effect.list",
                [&services](const Request& request) { return effects(services, request); });
  handlers.bind("effect.replay",
                [&services](const Request& request) { return replay_effect(services, request); });
}

}  // namespace factory::queries
