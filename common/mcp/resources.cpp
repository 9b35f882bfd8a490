#include <utility>

#include "common/mcp/features.hpp"
#include "common/mcp/uri_template.hpp"

namespace factory::mcp {
namespace {

using nlohmann::json;

/// Resources are read by programs and may be larger than what a model gets from a tool.
constexpr std::size_t resource_budget = 200'000;

RpcError not_found(const Revision& revision, const std::string& uri, std::string message) {
  const int code = revision.modern ? code::invalid_params : code::legacy_resource_not_found;
  return RpcError{code, std::move(message), {{"uri", uri}}};
}

RpcError failed(const Revision& revision, const std::string& uri, json problem) {
  const std::string text = render_problem(problem);
  if (problem.is_object() && problem.value("status", json()) == 404) {
    return not_found(revision, uri, text);
  }
  return RpcError{code::internal, text, {{"uri", uri}, {"problem", std::move(problem)}}};
}

}  // namespace

Outcome Features::read_resource(const Call& call) const {
  const auto given = call.params.find("uri");
  if (given == call.params.end() || !given->is_string()) {
    return RpcError{code::invalid_params, "`uri` must be a string", nullptr};
  }
  const auto uri = given->get<std::string>();
  for (const Resource& resource : catalog_->resources()) {
    const std::string& pattern = resource.uri.empty() ? resource.uri_template : resource.uri;
    const auto values = match_uri(pattern, uri);
    if (!values) continue;
    CallContext context = call.context;
    context.tool = "resource/" + resource.name;
    BackendAnswer answer = backend_.call(resource.http, json(*values), context);
    if (answer.failed) return failed(call.revision, uri, std::move(answer.document));
    fit(answer.document, resource_budget);
    std::string text =
        answer.document.is_string() ? answer.document.get<std::string>() : encode(answer.document);
    json content{{"uri", uri}, {"text", std::move(text)}};
    if (!resource.mime_type.empty()) content["mimeType"] = resource.mime_type;
    json result{{"contents", json::array({std::move(content)})}};
    add_cache_hint(call.revision, result, 0, false);
    return result;
  }
  return not_found(call.revision, uri, "There is no resource " + uri);
}

}  // namespace factory::mcp
