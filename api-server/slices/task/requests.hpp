#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "flows/decide_task.hpp"
#include "http/handlers.hpp"
#include "slices/task/task.hpp"
#include "storage/store.hpp"

/// From the JSON of requests, which their schemas have checked, to what they ask for.
namespace factory::task {

/// Which tasks a list shows.
struct ListFilter {
  std::string status = "open";  ///< a status, "open" (all that wait) or "all"
  std::optional<Priority> priority;
  std::string type;              ///< empty: any
  std::string pipeline_id;       ///< empty: any
  std::string assignee;          ///< empty: any; "me" is resolved
  std::optional<bool> deferred;  ///< only those that are put off, or only the others
  std::string sort = "priority";

  [[nodiscard]] bool open() const;  ///< all that it can show wait still
};

/// `invalid_request` for an order that only what waits has.
Result<ListFilter> read_filter(const http::Request& request);

flows::TaskDecision read_decision(const nlohmann::json& body);
Reassign read_reassign(const nlohmann::json& body);
SetPriority read_priority(const nlohmann::json& body);

Defer read_defer(const nlohmann::json& body);

/// If-Match named another version than the one that stands.
Error changed_since(const storage::ViewRow& row);

}  // namespace factory::task
