// Holds the routes together: paths, rights, errors, content.
#include <algorithm>

#include "common/errors.hpp"
#include "tests/schemas/surface.hpp"
#include "tests/support/catch.hpp"

using namespace factory;
using namespace factory::test;
using nlohmann::json;

namespace {

bool lists(const Route& route, const std::string& code) {
  return std::find(route.errors.begin(), route.errors.end(), code) != route.errors.end();
}

/// The path with every placeholder written alike: two routes with one shape could not be told
/// apart.
std::string shape(const std::string& path) {
  std::string result;
  bool inside = false;
  for (const char c : path) {
    if (c == '}') inside = false;
    if (!inside) result.push_back(c);
    if (c == '{') inside = true;
  }
  return result;
}

}  // namespace

TEST_CASE("no two routes share method and path") {
  std::set<std::string> seen;
  for (const Route& route : Catalog::embedded()->routes()) {
    CAPTURE(route.operation);
    CHECK(seen.insert(route.method + " " + shape(route.path)).second);
  }
}

TEST_CASE("paths are versioned, and each placeholder has its schema") {
  for (const Route& route : Catalog::embedded()->routes()) {
    CAPTURE(route.operation);
    const bool versioned = route.path.rfind("/v1/", 0) == 0 || route.path.rfind("/api/v1/", 0) == 0;
    const bool of_the_house = route.scope == "public" || route.path == "/metrics";
    CHECK((versioned || of_the_house));
    CHECK(keys(route.path_params) == placeholders(route.path));
    for (const auto& [name, schema] : route.path_params.items()) CHECK(schema.contains("type"));
  }
}

TEST_CASE("every scope is one that a role may have") {
  const auto catalog = Catalog::embedded();
  std::set<std::string> scopes{"any", "public"};
  for (const auto& [role, granted] : catalog->roles()) {
    scopes.insert(granted.begin(), granted.end());
  }
  for (const Route& route : catalog->routes()) {
    CAPTURE(route.operation, route.scope);
    CHECK(scopes.count(route.scope) == 1);
    if (route.method != "GET" && route.scope != "any" && route.scope != "public") {
      const std::string right = route.scope.substr(route.scope.find(':'));
      CHECK(right != ":read");
    }
  }
}

TEST_CASE("errors are known codes, and those that follow from the route are listed") {
  for (const Route& route : Catalog::embedded()->routes()) {
    CAPTURE(route.operation);
    for (const std::string& code : route.errors) {
      CAPTURE(code);
      CHECK(error_code_from(code).has_value());
    }
    if (route.scope != "public") CHECK(lists(route, "unauthenticated"));
    if (route.scope != "public" && route.scope != "any") CHECK(lists(route, "forbidden"));
    if (!route.query.is_null() || !route.body.is_null()) CHECK(lists(route, "invalid_request"));
  }
}

TEST_CASE("reading takes no body, and an answer has content unless it says that it has none") {
  for (const Route& route : Catalog::embedded()->routes()) {
    CAPTURE(route.operation);
    if (route.method == "GET" || route.method == "DELETE") CHECK(route.body.is_null());
    const bool no_json =
        route.success == 204 || route.success >= 300 || !route.response_types.empty();
    CHECK(route.response.is_null() == no_json);
    CHECK((route.success != 204 || route.response_types.empty()));
    if (!route.query.is_null()) CHECK(route.query["type"] == "object");
  }
}

TEST_CASE("a streamed body has a limit of its own and is not JSON") {
  for (const Route& route : Catalog::embedded()->routes()) {
    if (!route.body_stream) continue;
    CAPTURE(route.operation);
    CHECK(route.max_body > 0);
    const auto& types = route.body_types;
    CHECK(std::find(types.begin(), types.end(), "application/json") == types.end());
    CHECK(lists(route, "payload_too_large"));
  }
}

TEST_CASE("query parameters are of a kind that an address can carry") {
  for (const Route& route : Catalog::embedded()->routes()) {
    for (const std::string& name : properties_of(route.query)) {
      CAPTURE(route.operation, name);
      const json& schema = route.query["properties"][name];
      CHECK(schema.contains("type"));
      CHECK(schema.value("type", json()) != "object");
      CHECK(schema.contains("description"));
    }
  }
}
