#include "http/problem.hpp"

#include <nlohmann/json.hpp>

#include "common/errors.hpp"

namespace factory::http {

int status_of(const Error& error, int status) {
  return status != 0 ? status : error_info(error.code).http_status;
}

std::string problem_document(const Error& error, std::string_view instance,
                             std::string_view request_id, int status) {
  const ErrorInfo& info = error_info(error.code);
  nlohmann::ordered_json document;
  document["type"] = "/problems/" + std::string(to_string(error.code));
  document["title"] = info.title;
  document["status"] = status_of(error, status);
  document["detail"] = error.detail.empty() ? info.title + "." : error.detail;
  if (!instance.empty()) document["instance"] = instance;
  document["code"] = to_string(error.code);
  if (!error.fields.empty()) {
    auto& errors = document["errors"] = nlohmann::ordered_json::array();
    for (const FieldError& field : error.fields) {
      errors.push_back({{"pointer", field.pointer}, {"detail", field.detail}});
    }
  }
  document["hint"] = error.hint.empty() ? info.hint : error.hint;
  document["retryable"] = info.retryable;
  document["request_id"] = request_id;
  for (const auto& [name, value] : error.data) {
    if (!document.contains(name)) document[name] = value;
  }
  // What a caller sent may stand in a detail: it must not make the answer invalid.
  return document.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

Error field_error(std::string pointer, std::string detail) {
  std::vector<FieldError> fields;
  fields.push_back({std::move(pointer), std::move(detail)});
  return invalid_fields(std::move(fields));
}

Error invalid_fields(std::vector<FieldError> fields) {
  const FieldError& first = fields.front();
  Error error{ErrorCode::invalid_request, {}, {}, {}, {}};
  const std::string name = first.pointer.empty() ? "The body" : first.pointer;
  error.detail = name + ": " + first.detail;
  if (fields.size() > 1) {
    error.detail += " (and " + std::to_string(fields.size() - 1) + " more)";
  }
  error.detail += ".";
  error.fields = std::move(fields);
  return error;
}

}  // namespace factory::http
