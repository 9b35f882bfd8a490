// Holds tools, resources and prompts to what clients and the bridge need.
#include <algorithm>

#include "tests/schemas/surface.hpp"
#include "tests/support/catch.hpp"

using namespace factory;
using namespace factory::test;
using nlohmann::json;

namespace {

/// All routes that a mapping may lead to.
std::vector<const Route*> targets(const Catalog& catalog, const HttpMapping& http) {
  if (!http.operation.empty()) return {catalog.route(http.operation)};
  std::vector<const Route*> routes;
  for (const auto& [value, operation] : http.operation_by_value) {
    routes.push_back(catalog.route(operation));
  }
  return routes;
}

std::set<std::string> sources(const HttpMapping& http) {
  std::set<std::string> arguments;
  for (const ArgumentMap* const map : {&http.path, &http.query, &http.body}) {
    for (const auto& [target, argument] : *map) arguments.insert(argument);
  }
  if (!http.operation_argument.empty()) arguments.insert(http.operation_argument);
  return arguments;
}

std::set<std::string> both(std::set<std::string> left, const std::set<std::string>& right) {
  left.insert(right.begin(), right.end());
  return left;
}

/// Arguments that are always there: required ones and those with a default.
std::set<std::string> certain(const json& input) {
  std::set<std::string> names = required_of(input);
  for (const auto& [name, schema] : input["properties"].items()) {
    if (schema.contains("default")) names.insert(name);
  }
  return names;
}

/// The targets of `map` whose arguments are always there, and the constants.
std::set<std::string> filled(const ArgumentMap& map, const json& constant, const json& input) {
  std::set<std::string> names = keys(constant);
  for (const auto& [target, argument] : map) {
    if (certain(input).count(argument) == 1) names.insert(target);
  }
  return names;
}

bool is_name(const std::string& name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
}

}  // namespace

TEST_CASE("there are few enough tools for a model, and their names fit every client") {
  const auto catalog = Catalog::embedded();
  CHECK(catalog->tools().size() < 25);
  CHECK_FALSE(catalog->tools().empty());
  for (const Tool& tool : catalog->tools()) {
    CAPTURE(tool.name);
    CHECK(is_name(tool.name));
    CHECK(is_name(tool.toolset));
    CHECK(tool.annotations["title"] == tool.title);
  }
}

TEST_CASE("inputs are plain objects whose members say what they are") {
  for (const Tool& tool : Catalog::embedded()->tools()) {
    CAPTURE(tool.name);
    const json& input = tool.input_schema;
    CHECK(input["type"] == "object");
    CHECK(input.contains("properties"));
    CHECK_FALSE(input.contains("anyOf"));  // some clients refuse or drop it at the root
    CHECK(tool.output_schema["type"] == "object");
    for (const auto& [name, schema] : input["properties"].items()) {
      CAPTURE(name);
      CHECK(schema.contains("description"));
    }
  }
}

TEST_CASE("hints say what the routes do") {
  const auto catalog = Catalog::embedded();
  for (const Tool& tool : catalog->tools()) {
    CAPTURE(tool.name);
    for (const Route* const route : targets(*catalog, tool.http)) {
      REQUIRE(route != nullptr);
      CHECK(tool.read_only() == (route->method == "GET"));
    }
    if (tool.read_only()) {
      CHECK_FALSE(tool.annotations["destructiveHint"].get<bool>());
      CHECK(tool.annotations["idempotentHint"].get<bool>());
    }
  }
}

TEST_CASE("every argument goes somewhere, and everything that is sent is known there") {
  const auto catalog = Catalog::embedded();
  for (const Tool& tool : catalog->tools()) {
    CAPTURE(tool.name);
    const HttpMapping& http = tool.http;
    const std::set<std::string> arguments = properties_of(tool.input_schema);
    CHECK(missing(sources(http), arguments) == nothing);
    CHECK(missing(arguments, sources(http)) == nothing);
    std::set<std::string> all_placeholders;
    for (const Route* const route : targets(*catalog, http)) {
      REQUIRE(route != nullptr);
      CAPTURE(route->operation);
      const auto wanted = placeholders(route->path);
      all_placeholders = both(all_placeholders, wanted);
      CHECK(missing(wanted, filled(http.path, http.constant_path, tool.input_schema)) == nothing);
      CHECK(missing(both(keys(http.query), keys(http.constant_query)),
                    properties_of(route->query)) == nothing);
      CHECK(missing(both(keys(http.body), keys(http.constant_body)), properties_of(route->body)) ==
            nothing);
      CHECK(missing(required_of(route->query),
                    filled(http.query, http.constant_query, tool.input_schema)) == nothing);
      CHECK(missing(required_of(route->body),
                    filled(http.body, http.constant_body, tool.input_schema)) == nothing);
    }
    CHECK(missing(both(keys(http.path), keys(http.constant_path)), all_placeholders) == nothing);
  }
}

TEST_CASE("an argument that chooses the operation has a route for each of its values") {
  const auto catalog = Catalog::embedded();
  for (const Tool& tool : catalog->tools()) {
    if (tool.http.operation_argument.empty()) continue;
    CAPTURE(tool.name);
    const json& chooser = tool.input_schema["properties"][tool.http.operation_argument];
    CHECK(required_of(tool.input_schema).count(tool.http.operation_argument) == 1);
    CHECK(chooser["enum"].get<std::set<std::string>>() == keys(tool.http.operation_by_value));
  }
}

TEST_CASE("a tool takes no more than its route does") {
  const auto catalog = Catalog::embedded();
  for (const Tool& tool : catalog->tools()) {
    CAPTURE(tool.name);
    for (const Route* const route : targets(*catalog, tool.http)) {
      for (const auto& [target, argument] : tool.http.body) {
        CAPTURE(argument);
        const json& ours = tool.input_schema["properties"][argument];
        const json& theirs = route->body["properties"][target];
        if (theirs.contains("type") && ours.contains("type")) CHECK(ours["type"] == theirs["type"]);
        if (theirs.contains("maxLength")) {
          CHECK(ours.value("maxLength", std::uint64_t{1} << 40U) <= theirs["maxLength"]);
        }
        if (theirs.contains("enum")) {
          CHECK(missing(ours.value("enum", std::set<std::string>{"anything"}),
                        theirs["enum"].get<std::set<std::string>>()) == nothing);
        }
      }
    }
  }
}

TEST_CASE("resources are read by routes that need no more than the URI gives") {
  const auto catalog = Catalog::embedded();
  for (const Resource& resource : catalog->resources()) {
    CAPTURE(resource.name);
    const std::string& uri = resource.uri.empty() ? resource.uri_template : resource.uri;
    CHECK(uri.rfind("factory://", 0) == 0);
    CHECK(placeholders(uri).empty() == resource.uri_template.empty());
    const Route* const route = catalog->route(resource.http.operation);
    REQUIRE(route != nullptr);
    CHECK(route->method == "GET");
    std::set<std::string> variables;
    for (const auto& [target, variable] : resource.http.path) variables.insert(variable);
    CHECK(variables == placeholders(uri));
    CHECK(placeholders(route->path) ==
          both(keys(resource.http.path), keys(resource.http.constant_path)));
    CHECK(missing(required_of(route->query), keys(resource.http.constant_query)) == nothing);
  }
}

TEST_CASE("prompts use the arguments that they declare, and routes that read") {
  const auto catalog = Catalog::embedded();
  for (const Prompt& prompt : catalog->prompts()) {
    CAPTURE(prompt.name);
    std::set<std::string> declared;
    for (const json& argument : prompt.arguments) declared.insert(argument["name"]);
    std::set<std::string> used;
    for (const json& message : prompt.messages) {
      const std::string text = message.value("text", "");
      for (std::size_t open = text.find("{{"); open != std::string::npos;
           open = text.find("{{", open + 2)) {
        used.insert(text.substr(open + 2, text.find("}}", open) - open - 2));
      }
      for (const char* const part : {"path", "query"}) {
        for (const json& source : message.value(part, json::object())) {
          if (source.is_object()) used.insert(source["argument"].get<std::string>());
        }
      }
      if (!message.contains("operation")) continue;
      const Route* const route = catalog->route(message["operation"].get<std::string>());
      REQUIRE(route != nullptr);
      CHECK(route->method == "GET");
      CHECK(missing(keys(message.value("query", json::object())), properties_of(route->query)) ==
            nothing);
      CHECK(keys(message.value("path", json::object())) == placeholders(route->path));
    }
    CHECK(used == declared);
  }
}
