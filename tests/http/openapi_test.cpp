#include "http/openapi.hpp"

#include <array>
#include <set>

#include "common/errors.hpp"
#include "tests/http/example_world.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {
namespace {

using nlohmann::json;

json described() { return json::parse(http::openapi_document(embedded_schemas(), "1.2.3")); }

/// All that the document refers to by `$ref`.
void collect(const json& part, std::set<std::string>& targets) {
  if (part.is_object() && part.contains("$ref")) targets.insert(part["$ref"].get<std::string>());
  if (!part.is_structured()) return;
  for (const json& each : part) collect(each, targets);
}

std::string lower(std::string method) {
  for (char& c : method) c = static_cast<char>(c - 'A' + 'a');
  return method;
}

}  // namespace

TEST_CASE("openapi: every route is in it, and nothing else") {
  const json document = described();
  std::size_t operations = 0;
  for (const auto& [path, methods] : document["paths"].items()) operations += methods.size();
  const auto catalog = Catalog::embedded();
  CHECK(operations == catalog->routes().size());
  for (const Route& route : catalog->routes()) {
    INFO(route.operation);
    const json& operation = document["paths"][route.path][lower(route.method)];
    CHECK(operation["operationId"] == route.operation);
    CHECK(operation["x-scope"] == route.scope);
    CHECK(operation.contains("security") == (route.scope == "public"));
    CHECK(operation["responses"].contains(std::to_string(route.success)));
    if (!route.body.is_null()) CHECK(operation.contains("requestBody"));
    for (const std::string& code : route.errors) {
      const int status = error_info(*error_code_from(code)).http_status;
      CHECK(operation["responses"].contains(std::to_string(status)));
    }
  }
}

TEST_CASE("openapi: what it refers to is there, and what is there is referred to") {
  const json document = described();
  std::set<std::string> targets;
  collect(document, targets);
  for (const std::string& target : targets) {
    INFO(target);
    REQUIRE(target.starts_with("#/components/"));
    CHECK(document.contains(json::json_pointer(target.substr(1))));
  }
  for (const auto& [kind, entries] : document["components"].items()) {
    if (kind == "securitySchemes") continue;
    for (const auto& [name, entry] : entries.items()) {
      INFO(kind << " " << name);
      CHECK(targets.count("#/components/" + kind + "/" + name) == 1);
    }
  }
}

TEST_CASE("openapi: a definition is a component of its own, an error a typed problem") {
  const json document = described();
  const json& schemas = document["components"]["schemas"];
  CHECK(schemas["PipelineList"]["properties"]["pipelines"]["items"]["$ref"] ==
        "#/components/schemas/Pipeline");
  const json& codes = schemas["Problem"]["properties"]["code"]["enum"];
  CHECK(std::find(codes.begin(), codes.end(), "already_decided") != codes.end());
  const json& approve = document["paths"]["/v1/approvals/{approval_id}/approve"]["post"];
  const json& conflict = approve["responses"]["409"]["$ref"];
  CHECK(conflict == "#/components/responses/already_decided.conflict.subject_changed");
}

TEST_CASE("openapi: examples are those of the routes, but for the ones that are refused") {
  const json document = described();
  const json& create = document["paths"]["/v1/pipelines"]["post"]["requestBody"]["content"];
  const json& examples = create["application/json"]["examples"];
  CHECK(examples["The_standard_template"]["value"]["name"] == "ghl-mcp-server");
  CHECK_FALSE(examples.contains("A_parameter_that_does_not_fit"));
  const json& results = document["paths"]["/v1/pipelines/{pipeline_id}/test-results"]["post"]
                                ["requestBody"]["content"];
  CHECK(results["application/xml"]["examples"].size() == 1);
  CHECK(results["application/xml"]["schema"]["type"] == "string");
}

TEST_CASE("openapi: a reference to what is not there is named") {
  const std::array<EmbeddedFile, 3> files{
      EmbeddedFile{"errors.json", R"({"internal":{"status":500,"title":"t","hint":"h"},
          "rate_limited":{"status":429,"title":"t","hint":"h"},
          "unavailable":{"status":503,"title":"t","hint":"h"}})"},
      EmbeddedFile{"defs/problem.json", R"({"type":"object","properties":{"code":{}}})"},
      EmbeddedFile{"routes/a.json", R"({"routes":[{"operation":"a.get","method":"GET","path":"/a",
          "summary":"A thing.","scope":"public","success":200,"errors":[],
          "response":{"$ref":"defs/gone.json"}}]})"}};
  CHECK_THROWS_WITH(http::openapi_document(files, "1"), contains("defs/gone.json"));
}

TEST_CASE("openapi: it is served to everybody, and once to whoever keeps it") {
  ExampleWorld world;
  const auto first = world.call("nobody", "GET", "/openapi.json");
  CHECK(first.status == 200);
  CHECK(first.type == "application/json");
  CHECK(first.json()["openapi"] == "3.1.0");
  const std::string etag = first.headers.find("etag")->second;
  CHECK(etag.size() > 10);
  const auto known =
      world.call("nobody", "GET", "/openapi.json", "", "", {{"If-None-Match", etag}});
  CHECK(known.status == 304);
  CHECK(known.body.empty());
  CHECK(known.headers.find("content-length")->second == std::to_string(first.body.size()));
  const auto other =
      world.call("nobody", "GET", "/openapi.json", "", "", {{"If-None-Match", "\"old\""}});
  CHECK(other.status == 200);
}

}  // namespace factory::test
