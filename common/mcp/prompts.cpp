#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <variant>

#include "common/mcp/features.hpp"
#include "common/schema.hpp"

// schemas/prompts/README.md describes the format that is read here.

namespace factory::mcp {
namespace {

using nlohmann::json;
using Values = std::map<std::string, std::string>;

RpcError invalid(std::string message) {
  return RpcError{code::invalid_params, std::move(message), nullptr};
}

std::string text_of(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

/// The argument's value, its default, or nothing. Fills `error` if the value is not allowed.
void take_argument(const json& declared, const json& given, Values& values,
                   std::optional<RpcError>& error) {
  const std::string name = text_of(declared, "name");
  const auto found = given.find(name);
  if (found == given.end()) {
    if (declared.value("required", false)) error = invalid("Missing argument: " + name);
    if (declared.contains("default")) values[name] = text_of(declared, "default");
    return;
  }
  if (!found->is_string()) {
    error = invalid("Argument " + name + " must be a string");
    return;
  }
  const auto value = found->get<std::string>();
  const auto allowed = declared.value("values", std::vector<std::string>());
  if (!allowed.empty() && std::ranges::find(allowed, value) == allowed.end()) {
    const std::string near = nearest(value, allowed);
    error = invalid("Argument " + name + " must be one of " + joined(allowed) +
                    (near.empty() ? "" : "; did you mean " + near + "?"));
    return;
  }
  values[name] = value;
}

std::variant<Values, RpcError> take_arguments(const Prompt& prompt, const json& params) {
  json given = json::object();
  if (const auto found = params.find("arguments"); found != params.end()) {
    if (!found->is_object()) return invalid("`arguments` must be an object of strings");
    given = *found;
  }
  Values values;
  std::vector<std::string> known;
  std::optional<RpcError> error;
  if (prompt.arguments.is_array()) {
    for (const json& declared : prompt.arguments) {
      known.push_back(text_of(declared, "name"));
      take_argument(declared, given, values, error);
      if (error) return *error;
    }
  }
  for (const auto& [name, value] : given.items()) {
    if (std::ranges::find(known, name) != known.end()) continue;
    const std::string near = nearest(name, known);
    return invalid("Unknown argument: " + name +
                   (near.empty() ? "" : "; did you mean " + near + "?"));
  }
  return values;
}

std::string replaced(std::string text, const Values& values) {
  for (const auto& [name, value] : values) {
    const std::string mark = "{{" + name + "}}";
    for (auto at = text.find(mark); at != std::string::npos;
         at = text.find(mark, at + value.size())) {
      text.replace(at, mark.size(), value);
    }
  }
  return text;
}

/// Parameters of a prompt's query: constants, or what an argument's value stands for.
json parameters(const json& declared, const Values& values) {
  json result = json::object();
  if (!declared.is_object()) return result;
  for (const auto& [name, source] : declared.items()) {
    if (!source.is_object()) {
      result[name] = source;
      continue;
    }
    const auto value = values.find(text_of(source, "argument"));
    if (value == values.end()) continue;
    const auto mapped = source.find("values");
    if (mapped == source.end()) {
      result[name] = value->second;
    } else if (mapped->contains(value->second)) {
      result[name] = (*mapped)[value->second];
    }
  }
  return result;
}

HttpMapping mapping_of(const json& message, const Values& values) {
  HttpMapping mapping;
  mapping.operation = text_of(message, "operation");
  mapping.constant_path = parameters(message.value("path", json::object()), values);
  mapping.constant_query = parameters(message.value("query", json::object()), values);
  mapping.constant_body = json::object();
  return mapping;
}

}  // namespace

Outcome Features::get_prompt(const Call& call) const {
  const auto name = call.params.find("name");
  if (name == call.params.end() || !name->is_string()) return invalid("`name` must be a string");
  const auto wanted = name->get<std::string>();
  const auto prompt = std::ranges::find(catalog_->prompts(), wanted, &Prompt::name);
  if (prompt == catalog_->prompts().end()) return invalid("Unknown prompt: " + wanted);
  auto taken = take_arguments(*prompt, call.params);
  if (const auto* error = std::get_if<RpcError>(&taken)) return *error;
  const auto& values = std::get<Values>(taken);

  json messages = json::array();
  for (const json& message : prompt->messages) {
    std::string text = replaced(text_of(message, "text"), values);
    if (message.contains("operation")) {
      CallContext context = call.context;
      context.tool = "prompt/" + prompt->name;
      BackendAnswer answer = backend_.call(mapping_of(message, values), json::object(), context);
      if (answer.failed) {
        return RpcError{code::internal,
                        render_problem(answer.document),
                        {{"problem", std::move(answer.document)}}};
      }
      fit(answer.document, options_.budget);
      text += (text.empty() ? "" : "\n") + render(answer.document);
    }
    messages.push_back({{"role", message.value("role", "user")},
                        {"content", {{"type", "text"}, {"text", std::move(text)}}}});
  }
  json result{{"messages", std::move(messages)}};
  if (!prompt->description.empty()) result["description"] = prompt->description;
  return result;
}

}  // namespace factory::mcp
