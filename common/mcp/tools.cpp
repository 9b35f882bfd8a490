#include <algorithm>
#include <utility>

#include "common/log.hpp"
#include "common/mcp/features.hpp"
#include "common/mcp/result_form.hpp"
#include "common/schema.hpp"

namespace factory::mcp {
namespace {

using nlohmann::json;

json text_result(std::string text) {
  return {{"content", json::array({{{"type", "text"}, {"text", std::move(text)}}})}};
}

/// A result that says what went wrong. Only the modern revision gets the problem as structure,
/// too: older clients check the structure of errors against the tool's output schema.
json error_result(json problem, const Revision& revision, std::size_t budget) {
  fit(problem, budget);
  json result = text_result(render_problem(problem));
  result["isError"] = true;
  if (revision.any_structure) result["structuredContent"] = std::move(problem);
  return result;
}

json field_list(const std::vector<FieldError>& errors) {
  json list = json::array();
  for (const FieldError& error : errors) {
    list.push_back({{"pointer", error.pointer}, {"detail", error.detail}});
  }
  return list;
}

Outcome bad_arguments(const Tool& tool, const std::vector<FieldError>& errors, const Call& call,
                      std::size_t budget) {
  json problem{
      {"code", "invalid_request"},
      {"title", "The arguments do not fit"},
      {"detail", tool.name + " was not called"},
      {"errors", field_list(errors)},
      {"hint", "Correct what is named here, as the tool's inputSchema says, and call again."}};
  if (call.revision.bad_arguments_are_results) {
    return error_result(std::move(problem), call.revision, budget);
  }
  return RpcError{code::invalid_params, render_problem(problem), {{"errors", problem["errors"]}}};
}

/// The call was carried out, but what came back is not what the tool promises: said so, as
/// repeating it could do the work twice.
json wrong_answer(const Tool& tool, const std::vector<FieldError>& errors, const json& document,
                  const Revision& revision, std::size_t budget) {
  log(LogLevel::error, "answer does not fit the output schema",
      {{"tool", tool.name}, {"at", errors.front().pointer}, {"why", errors.front().detail}});
  json problem{{"code", "internal"},
               {"title", "The answer has an unexpected form"},
               {"detail", "The server carried out " + tool.name +
                              ", but its answer is not what this version of factory-mcp expects"},
               {"errors", field_list(errors)},
               {"answer", document}};
  problem["hint"] = tool.read_only()
                        ? "factory-mcp and factory-api are probably of different versions: "
                          "install the same version of both."
                        : "Do not repeat the call: look at the state first. factory-mcp and "
                          "factory-api are probably of different versions: install the same "
                          "version of both.";
  return error_result(std::move(problem), revision, budget);
}

std::vector<FieldError> check_answer(const Tool& tool, const json& document) {
  if (!tool.output_schema.is_object()) return {};
  return validate(tool.output_schema, document);
}

/// True for a list that takes a `limit`: asking again costs little and changes nothing.
bool can_page(const Tool& tool) {
  return tool.read_only() && std::ranges::any_of(tool.http.query, [](const auto& mapped) {
           return mapped.second == "limit";
         });
}

}  // namespace

const Tool* Features::offered_tool(const std::string& name) const {
  const auto found = std::ranges::find(tools_, name, &Tool::name);
  return found == tools_.end() ? nullptr : *found;
}

RpcError Features::unknown_tool(const std::string& name) const {
  std::string message = "Unknown tool: " + name;
  if (catalog_->tool(name) != nullptr) {
    message += " (it exists, but the options of this server leave it out)";
  } else {
    std::vector<std::string> names;
    for (const Tool* tool : tools_) names.push_back(tool->name);
    if (const std::string near = nearest(name, names); !near.empty()) {
      message += "; did you mean " + near + "?";
    }
  }
  return RpcError{code::invalid_params, message, {{"tool", name}}};
}

Outcome Features::answer_tool_call(const Call& call) const {
  const auto name = call.params.find("name");
  if (name == call.params.end() || !name->is_string()) {
    return RpcError{code::invalid_params, "`name` must be a string", nullptr};
  }
  const Tool* tool = offered_tool(name->get<std::string>());
  if (tool == nullptr) return unknown_tool(name->get<std::string>());
  json arguments = json::object();
  if (const auto given = call.params.find("arguments"); given != call.params.end()) {
    if (!given->is_object()) {
      return RpcError{code::invalid_params, "`arguments` must be an object", nullptr};
    }
    arguments = *given;
  }
  const std::vector<FieldError> errors = validate(tool->input_schema, arguments);
  if (!errors.empty()) return bad_arguments(*tool, errors, call, options_.budget);
  fill_defaults(tool->input_schema, arguments);
  return run_tool(*tool, arguments, call);
}

json Features::run_tool(const Tool& tool, const json& arguments, const Call& call) const {
  CallContext context = call.context;
  context.tool = tool.name;
  BackendAnswer answer = with_list(tool.result, backend_.call(tool.http, arguments, context));
  if (answer.failed) {
    return error_result(std::move(answer.document), call.revision, options_.budget);
  }
  const std::vector<FieldError> errors = check_answer(tool, answer.document);
  if (!errors.empty()) {
    return wrong_answer(tool, errors, answer.document, call.revision, options_.budget);
  }
  json document = fitting(tool, std::move(answer.document), arguments, context);
  json result = text_result(text_of(tool, document, arguments));
  const bool structured = call.revision.any_structure
                              ? !document.is_null()
                              : call.revision.titles && document.is_object();
  if (structured) result["structuredContent"] = std::move(document);
  return result;
}

/// The document within the budget. A page that is too long is asked for once more, as short as it
/// has to be, so that its cursor leads on right behind it.
json Features::fitting(const Tool& tool, json document, json arguments,
                       const CallContext& context) const {
  const Cut cut = fit(document, options_.budget);
  if (cut.page_items == 0) return document;
  if (can_page(tool)) {
    arguments["limit"] = cut.page_items;
    BackendAnswer shorter = with_list(tool.result, backend_.call(tool.http, arguments, context));
    if (!shorter.failed && check_answer(tool, shorter.document).empty()) {
      document = std::move(shorter.document);
      if (fit(document, options_.budget).page_items == 0) return document;
    }
  }
  // Not every tool's cursor may be null.
  if (!check_answer(tool, document).empty()) document.erase("next_cursor");
  return document;
}

}  // namespace factory::mcp
