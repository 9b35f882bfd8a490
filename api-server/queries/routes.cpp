#include "queries/routes.hpp"

#include <nlohmann/json.hpp>

#include "queries/audit.hpp"
#include "queries/blocker.hpp"
#include "queries/dashboard.hpp"
#include "queries/search.hpp"
#include "slices/gate/gate.hpp"
#include "slices/key/key.hpp"
#include "slices/pipeline/pipeline.hpp"
#include "slices/task/task.hpp"
#include "slices/template/template.hpp"

namespace factory::queries {
namespace {

using http::Answer;
using http::Request;

/// Those whose history the trail can fold.
Slices all_slices() {
  return {std::make_shared<engine::SliceOf<pipeline::Definition>>(),
          std::make_shared<engine::SliceOf<gate::Definition>>(),
          std::make_shared<engine::SliceOf<task::Definition>>(),
          std::make_shared<engine::SliceOf<key::Definition>>(),
          std::make_shared<engine::SliceOf<pipeline_template::Definition>>()};
}

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
  handlers.bind("search", [&services](const Request& request) -> Result<Answer> {
    const nlohmann::json& query = request.query;
    return answer_of(search(services, query.at("q"),
                            query.value("entity_types", std::vector<std::string>{}),
                            query.value("limit", 10)));
  });
  handlers.bind("audit.list", [&services, slices = all_slices()](const Request& request) {
    return audit(services, slices, request);
  });
}

}  // namespace factory::queries
