#include "slices/task/requests.hpp"

#include <nlohmann/json.hpp>

namespace factory::task {
namespace {

using nlohmann::json;

/// A string member; absent and null are empty.
std::string text(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

std::vector<std::string> texts(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_array()) return {};
  return found->get<std::vector<std::string>>();
}

}  // namespace

bool ListFilter::open() const {
  const auto known = enum_from<Status>(status);
  if (!known) return status == "open";
  State state;
  state.status = *known;
  return state.open();
}

Result<ListFilter> read_filter(const http::Request& request) {
  const json& query = request.query;
  ListFilter filter;
  if (query.contains("status")) filter.status = text(query, "status");
  filter.priority = enum_from<Priority>(text(query, "priority"));
  filter.type = text(query, "type");
  filter.pipeline_id = text(query, "pipeline_id");
  filter.assignee = text(query, "assignee");
  if (filter.assignee == "me") filter.assignee = request.principal.id;
  if (query.contains("deferred")) filter.deferred = query["deferred"].get<bool>();
  if (!query.contains("sort")) return filter;
  filter.sort = text(query, "sort");
  if (filter.open()) return filter;
  const std::string why = "closed tasks are always listed newest first";
  return Error{ErrorCode::invalid_request,
               "The parameter `sort` does not go with status " + filter.status + ": " + why + ".",
               "Leave `sort` out.",
               {{"query/sort", why}},
               {}};
}

flows::TaskDecision read_decision(const json& body) {
  flows::TaskDecision decision;
  decision.decision = text(body, "decision");
  const std::string reason = text(body, "reason");
  const std::string notes = text(body, "notes");
  // Two words for one thing; if both are there, both are kept.
  decision.notes = reason.empty() || notes.empty() ? reason + notes : reason + "\n" + notes;
  decision.conditions = texts(body, "conditions");
  decision.requested_changes = texts(body, "requested_changes");
  decision.severity = text(body, "severity");
  decision.digest = text(body, "digest");
  if (body.contains("output")) decision.output.text = body["output"].dump();
  return decision;
}

Reassign read_reassign(const json& body) {
  return {text(body, "assignee_id"), text(body, "reason")};
}

SetPriority read_priority(const json& body) {
  const auto priority = enum_from<Priority>(text(body, "priority"));
  return {priority.value_or(Priority::medium), text(body, "reason"), false};
}

Defer read_defer(const json& body) {
  return {parse_time(text(body, "until")).value_or(Time{}), text(body, "reason")};
}

Error changed_since(const storage::ViewRow& row) {
  return {ErrorCode::precondition_failed,
          "It is at version " + std::to_string(row.version) + ", not the one that If-Match names.",
          "",
          {{"header/If-Match", "names another version"}},
          {{"current_version", std::to_string(row.version)}}};
}

}  // namespace factory::task
