#include "flows/new_plan.hpp"

#include <nlohmann/json.hpp>
#include <vector>

#include "common/schema.hpp"
#include "common/text.hpp"
#include "slices/template/template.hpp"

namespace factory::flows {

Result<std::shared_ptr<const Plan>> plan_for(const pipeline_template::Book& templates,
                                             const std::string& name,
                                             const nlohmann::json& parameters) {
  const auto loaded = templates.find(name);
  if (loaded) return templates.plan(*loaded, parameters);
  std::vector<std::string> names;
  for (const auto& one : templates.all()) names.push_back(one->name);
  const std::string meant = nearest(name, names);
  return Error{
      ErrorCode::unprocessable,
      "There is no template " + excerpt(name, 100) + ".",
      meant.empty() ? "The templates are " + join(names) + "." : "Did you mean " + meant + "?",
      {{"/template", "is none of " + join(names)}},
      {}};
}

}  // namespace factory::flows
