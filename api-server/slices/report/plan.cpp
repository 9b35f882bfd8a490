#include "slices/report/plan.hpp"

#include <nlohmann/json.hpp>

#include "engine/codec.hpp"

namespace factory::report {

ReviewPlan read_plan(const nlohmann::json& file) {
  ReviewPlan plan;
  plan.title = file.at("title").get<std::string>();
  engine::decode_value(file.at("priority"), plan.priority);
  engine::decode_value(file.at("policy"), plan.policy);
  const nlohmann::json& priorities = file.at("priorities");
  for (std::size_t i = 0; i < plan.sla.size(); ++i) {
    engine::decode_value(priorities.at(std::string(EnumNames<Priority>::names.at(i))),
                         plan.sla.at(i));
  }
  plan.longest_exemption_days = file.at("longest_exemption_days").get<int>();
  return plan;
}

}  // namespace factory::report
