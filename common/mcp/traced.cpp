#include <utility>

#include "common/mcp/features.hpp"

namespace factory::mcp {
namespace {

using nlohmann::json;

std::string error_type(const Outcome& outcome) {
  if (const auto* refused = std::get_if<RpcError>(&outcome)) return std::to_string(refused->code);
  return std::get<json>(outcome).value("isError", false) ? "tool_error" : "";
}

}  // namespace

/// The span is named and described by OpenTelemetry's semantic conventions for MCP. Arguments are
/// not in it: they may hold anything.
Outcome Features::call_tool(const Call& call) const {
  const auto parent = parse_traceparent(call.context.traceparent);
  if (options_.spans == nullptr || (parent && !parent->sampled)) return answer_tool_call(call);
  Span span;
  span.context = new_span(parent);
  if (parent) span.parent_id = parent->span_id;
  span.kind = Span::Kind::server;
  span.began = unix_nanos();
  Call below = call;
  below.context.traceparent = format_traceparent(span.context);
  Outcome outcome = answer_tool_call(below);
  span.ended = unix_nanos();
  const auto name = call.params.find("name");
  const Tool* const tool = name != call.params.end() && name->is_string()
                               ? offered_tool(name->get<std::string>())
                               : nullptr;
  span.name = "tools/call";
  span.attributes = {{"mcp.method.name", "tools/call"},
                     {"gen_ai.operation.name", "execute_tool"},
                     {"jsonrpc.request.id", call.id},
                     {"network.transport", "pipe"}};
  if (tool != nullptr) {
    span.name += " " + tool->name;
    span.attributes.emplace_back("gen_ai.tool.name", tool->name);
  }
  if (std::string type = error_type(outcome); !type.empty()) {
    span.failed = true;
    span.attributes.emplace_back("error.type", std::move(type));
  }
  options_.spans->add(std::move(span));
  return outcome;
}

}  // namespace factory::mcp
