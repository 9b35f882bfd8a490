// The examples of schemas/routes/, which are those of /openapi.json, run against a real server.
#include <algorithm>

#include "common/schema.hpp"
#include "tests/http/example_world.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {
namespace {

using nlohmann::json;

/// What is wrong with a document, one line each; empty if it is as declared.
std::string misfits(const json& schema, const std::string& body) {
  std::string text;
  for (const FieldError& error : validate(schema, json::parse(body))) {
    text += error.pointer + ": " + error.detail + "\n";
  }
  return text;
}

bool is_json(const std::string& type) { return type.starts_with("application/json"); }

/// Whether a content type, without its parameters, is listed; what a file was uploaded as is its
/// uploader's word and goes for application/octet-stream.
bool is_one_of(const std::string& type, const std::vector<std::string>& listed) {
  const std::string plain = type.substr(0, type.find(';'));
  return std::any_of(listed.begin(), listed.end(), [&](const std::string& known) {
    return known == plain || known == "application/octet-stream";
  });
}

}  // namespace

TEST_CASE("every example of a route is answered as it says, and as the route declares") {
  ExampleWorld world;
  const Catalog& catalog = world.app().core().catalog();
  const json& problem = *catalog.definition("defs/problem.json");
  for (const Route& route : catalog.routes()) {
    for (const json& example : route.examples) {
      INFO(route.operation << ": " << example.at("name").get<std::string>());
      ExampleWorld::Reply reply;
      REQUIRE_NOTHROW(reply = world.run(route, example));
      INFO(reply.body.substr(0, 2000));
      CHECK(reply.status == example.at("status").get<int>());
      if (reply.status >= 400) {
        CHECK(reply.type == "application/problem+json");
        CHECK(misfits(problem, reply.body) == "");
      } else if (!route.response.is_null()) {
        CHECK(is_json(reply.type));
        CHECK(misfits(route.response, reply.body) == "");
      } else if (route.response_types.empty()) {
        CHECK(reply.body.empty());
      } else {
        CHECK(is_one_of(reply.type, route.response_types));
      }
    }
  }
}

}  // namespace factory::test
