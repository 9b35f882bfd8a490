#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "common/mcp/uri_template.hpp"
#include "mcp-stdio/bridge.hpp"

namespace factory::mcp {
namespace {

using nlohmann::json;

Error bad_argument(const std::string& name, std::string detail) {
  return Error{ErrorCode::invalid_request,
               "The call was not made.",
               "Correct what is named here and call again.",
               {{"/" + name, std::move(detail)}},
               {}};
}

std::string text_of(const json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

/// The members of `constants` and what the arguments put over them, by target name.
json gather(const ArgumentMap& map, const json& constants, const json& arguments) {
  json gathered = constants.is_object() ? constants : json::object();
  for (const auto& [target, source] : map) {
    const auto value = arguments.find(source);
    if (value != arguments.end() && !value->is_null()) gathered[target] = *value;
  }
  return gathered;
}

/// The argument that fills `target`, for the error to name.
std::string source_of(const ArgumentMap& map, const std::string& target) {
  const auto found = map.find(target);
  return found == map.end() ? target : found->second;
}

Result<std::string> expand_path(std::string_view path, const json& values,
                                const ArgumentMap& sources) {
  std::string expanded;
  while (!path.empty()) {
    const std::size_t open = path.find('{');
    expanded += path.substr(0, open);
    if (open == std::string_view::npos) break;
    const std::size_t close = path.find('}', open);
    const std::string name(path.substr(open + 1, close - open - 1));
    const std::string value = values.contains(name) ? text_of(values[name]) : std::string();
    if (!is_path_segment(value)) {
      return bad_argument(source_of(sources, name),
                          value.empty() ? "must not be empty" : "must be a plain name or id");
    }
    expanded += percent_encode(value);
    path.remove_prefix(close + 1);
  }
  return expanded;
}

void append_query(std::string& target, const json& values) {
  char separator = '?';
  const auto append = [&](const std::string& name, const json& value) {
    target += separator + percent_encode(name) + "=" + percent_encode(text_of(value));
    separator = '&';
  };
  for (const auto& [name, value] : values.items()) {
    if (!value.is_array()) {
      append(name, value);
      continue;
    }
    for (const json& item : value) append(name, item);
  }
}

const Route* chosen_route(const Catalog& catalog, const HttpMapping& mapping,
                          const json& arguments) {
  if (mapping.operation_argument.empty()) return catalog.route(mapping.operation);
  const auto value = arguments.find(mapping.operation_argument);
  if (value == arguments.end() || !value->is_string()) return nullptr;
  const auto found = mapping.operation_by_value.find(value->get_ref<const std::string&>());
  return found == mapping.operation_by_value.end() ? nullptr : catalog.route(found->second);
}

}  // namespace

Result<HttpParts> http_parts(const Catalog& catalog, const HttpMapping& mapping,
                             const json& arguments) {
  const Route* route = chosen_route(catalog, mapping, arguments);
  if (route == nullptr) {
    return bad_argument(mapping.operation_argument, "has no operation for this value");
  }
  HttpParts parts;
  parts.method = route->method;
  Result<std::string> path = expand_path(
      route->path, gather(mapping.path, mapping.constant_path, arguments), mapping.path);
  if (!path) return path.error();
  parts.target = std::move(*path);
  append_query(parts.target, gather(mapping.query, mapping.constant_query, arguments));
  if (!route->body.is_null()) {
    parts.content_type = "application/json";
    parts.body = gather(mapping.body, mapping.constant_body, arguments)
                     .dump(-1, ' ', false, json::error_handler_t::replace);
  }
  return parts;
}

}  // namespace factory::mcp
