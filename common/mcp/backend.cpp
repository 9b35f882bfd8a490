#include "common/mcp/backend.hpp"

#include <utility>

#include "common/errors.hpp"

namespace factory::mcp {

nlohmann::json problem_from(const Error& error) {
  const ErrorInfo& info = error_info(error.code);
  nlohmann::json problem(error.data);
  problem["code"] = to_string(error.code);
  problem["title"] = info.title;
  problem["status"] = info.http_status;
  problem["detail"] = error.detail;
  problem["hint"] = error.hint.empty() ? info.hint : error.hint;
  problem["retryable"] = info.retryable;
  if (!error.fields.empty()) {
    nlohmann::json& errors = problem["errors"] = nlohmann::json::array();
    for (const FieldError& field : error.fields) {
      errors.push_back({{"pointer", field.pointer}, {"detail", field.detail}});
    }
  }
  return problem;
}

}  // namespace factory::mcp
