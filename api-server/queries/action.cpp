#include "queries/action.hpp"

#include <nlohmann/json.hpp>

namespace factory::queries {
namespace {

using nlohmann::json;

std::string filled(std::string path, const std::map<std::string, std::string>& values) {
  for (const auto& [name, value] : values) {
    const std::string placeholder = "{" + name + "}";
    if (const auto at = path.find(placeholder); at != std::string::npos) {
      path.replace(at, placeholder.size(), value);
    }
  }
  return path;
}

std::string text(const json& doc, const char* name) {
  const auto found = doc.find(name);
  return found != doc.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace

json action(const Catalog& catalog, const std::string& operation,
            const std::map<std::string, std::string>& path, json body, const std::string& tool,
            json arguments) {
  const Route* route = catalog.route(operation);
  if (route == nullptr) return nullptr;
  json document{
      {"operation", operation}, {"method", route->method}, {"path", filled(route->path, path)}};
  if (!body.is_null()) document["body"] = std::move(body);
  if (!tool.empty() && catalog.tool(tool) != nullptr) {
    document["tool"] = tool;
    document["arguments"] = std::move(arguments);
  }
  return document;
}

json action_for_task(const Catalog& catalog, const json& task, const json& approval, bool nobody) {
  const std::string id = text(task, "id");
  const std::string pipeline = text(task, "pipeline_id");
  const std::string stage = text(task, "stage");
  const std::string type = text(task, "type");
  if (nobody) return nullptr;  // what helps is a key for somebody, and who is not ours to choose
  if (type == "approval" && approval.is_object()) {
    const std::string digest = text(approval, "digest");
    return action(catalog, "task.complete", {{"task_id", id}},
                  {{"decision", "approved"}, {"digest", digest}}, "factory_approve_task",
                  {{"task_id", id}, {"digest", digest}});
  }
  if (type == "fix_required") {
    const json done{{"outcome", "succeeded"}};
    json arguments{{"pipeline_id", pipeline}, {"stage", stage}};
    arguments.update(done);
    return action(catalog, "pipeline.complete_stage", {{"pipeline_id", pipeline}, {"stage", stage}},
                  done, "factory_report_stage", std::move(arguments));
  }
  if (text(task, "assignee_id").empty()) {
    return action(catalog, "task.claim", {{"task_id", id}}, json::object(), "", nullptr);
  }
  const char* decision = type == "manual_action" ? "done" : "approved";
  return action(catalog, "task.complete", {{"task_id", id}}, {{"decision", decision}}, "", nullptr);
}

json action_for_pipeline(const Catalog& catalog, const json& pipeline) {
  const std::map<std::string, std::string> path{{"pipeline_id", text(pipeline, "id")}};
  const bool paused = text(pipeline, "status") == "paused";
  return action(catalog, paused ? "pipeline.resume" : "pipeline.retry", path, json::object(), "",
                nullptr);
}

}  // namespace factory::queries
