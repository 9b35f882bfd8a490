// Every example fits the schemas that it is an example of.
#include <algorithm>

#include "common/errors.hpp"
#include "tests/schemas/surface.hpp"
#include "tests/support/catch.hpp"

using namespace factory;
using namespace factory::test;
using nlohmann::json;

namespace {

/// The statuses that a route may answer an example with.
std::set<int> statuses(const Route& route) {
  std::set<int> all{route.success};
  for (const std::string& code : route.errors) {
    if (const auto known = error_code_from(code)) all.insert(error_info(*known).http_status);
  }
  return all;
}

bool takes_json(const Route& route) {
  return std::find(route.body_types.begin(), route.body_types.end(), "application/json") !=
         route.body_types.end();
}

/// What the bridge would send for these arguments, each part as one object.
json sent(const ArgumentMap& map, const json& constant, const json& arguments) {
  json object = constant;
  for (const auto& [target, argument] : map) {
    if (arguments.contains(argument)) object[target] = arguments[argument];
  }
  return object;
}

}  // namespace

TEST_CASE("the examples of tools fit their input, and what they become fits the route") {
  const auto catalog = Catalog::embedded();
  for (const Tool& tool : catalog->tools()) {
    for (const json& example : tool.examples) {
      CAPTURE(tool.name, example.dump());
      json arguments = example["arguments"];
      CHECK(misfits(tool.input_schema, arguments) == nothing);
      fill_defaults(tool.input_schema, arguments);
      CHECK(misfits(tool.input_schema, arguments) == nothing);
      const HttpMapping& http = tool.http;
      const Route* const route = catalog->route(
          http.operation_argument.empty()
              ? http.operation
              : http.operation_by_value.at(arguments[http.operation_argument].get<std::string>()));
      REQUIRE(route != nullptr);
      CHECK(misfits(route->query, sent(http.query, http.constant_query, arguments)) == nothing);
      CHECK(misfits(route->body, sent(http.body, http.constant_body, arguments)) == nothing);
      for (const auto& [name, schema] : route->path_params.items()) {
        CHECK(misfits(schema, sent(http.path, http.constant_path, arguments)[name]) == nothing);
      }
    }
  }
}

TEST_CASE("every route has an example that succeeds") {
  for (const Route& route : Catalog::embedded()->routes()) {
    CAPTURE(route.operation);
    // They answer only where another house vouches for somebody; a test of their own has one.
    if (route.path.starts_with("/v1/auth/{provider}/")) continue;
    CHECK(std::any_of(route.examples.begin(), route.examples.end(),
                      [&](const json& example) { return example["status"] == route.success; }));
  }
}

TEST_CASE("the examples of routes fit them, unless they are meant to be refused") {
  for (const Route& route : Catalog::embedded()->routes()) {
    for (const json& example : route.examples) {
      CAPTURE(route.operation, example.dump());
      const int status = example["status"];
      CHECK(statuses(route).count(status) == 1);
      CHECK(missing(keys(example.value("path", json::object())), placeholders(route.path)) ==
            nothing);
      if (status == 400) continue;
      CHECK(misfits(route.query, example.value("query", json::object())) == nothing);
      CHECK((route.body.is_null() ? !example.contains("body") : true));
      if (takes_json(route) && example.contains("body") && !example["body"].is_string()) {
        CHECK(misfits(route.body, example["body"]) == nothing);
      }
    }
  }
}
