// Holds the files of schemas/ to what schemas/README.md says of them.
#include "common/errors.hpp"
#include "tests/schemas/surface.hpp"
#include "tests/support/catch.hpp"

using namespace factory;
using namespace factory::test;
using nlohmann::json;

namespace {

/// Folder or file -> the file in meta/ that describes it. Templates have a public schema instead,
/// because users write them, too; definitions are plain schemas.
const std::map<std::string, std::string> kMeta{
    {"tools/", "meta/tool.json"},         {"routes/", "meta/routes.json"},
    {"resources/", "meta/resource.json"}, {"prompts/", "meta/prompt.json"},
    {"events/", "meta/event.json"},       {"errors.json", "meta/errors.json"},
    {"roles.json", "meta/roles.json"},    {"server.json", "meta/server.json"},
    {"templates/", "defs/template.json"}, {"review/", "defs/review.json"}};

std::string problems(const json& schema) { return join(lint_schema(schema), "\n", 100); }

}  // namespace

TEST_CASE("every file stands where something reads it") {
  for (const auto& [path, content] : schema_files()) {
    CAPTURE(path);
    const std::string place = path.substr(0, path.find('/') + 1);
    const bool known = kMeta.count(place.empty() ? path : place) == 1;
    CHECK((known || place == "defs/" || place == "meta/"));
  }
}

TEST_CASE("every file has the form of its kind") {
  const auto catalog = Catalog::embedded();
  const auto files = schema_files();
  for (const auto& [place, meta] : kMeta) {
    const json& schema = meta.rfind("defs/", 0) == 0 ? *catalog->definition(meta) : files.at(meta);
    for (const auto& [path, content] : schema_files(place)) {
      CAPTURE(path);
      CHECK(misfits(schema, content) == nothing);
    }
  }
}

TEST_CASE("files are called as what they declare") {
  for (const auto& [path, content] : schema_files("tools/")) CHECK(content["name"] == stem(path));
  for (const auto& [path, content] : schema_files("prompts/")) CHECK(content["name"] == stem(path));
  for (const auto& [path, content] : schema_files("events/")) CHECK(content["type"] == stem(path));
  for (const char* const folder : {"templates/", "review/"}) {
    for (const auto& [path, content] : schema_files(folder)) CHECK(content["name"] == stem(path));
  }
}

TEST_CASE("every schema keeps to the closed set of keywords") {
  const auto catalog = Catalog::embedded();
  for (const auto& [path, content] : schema_files("meta/")) {
    CAPTURE(path);
    CHECK(problems(content) == nothing);
  }
  for (const auto& [path, content] : schema_files("defs/")) {
    CAPTURE(path);
    REQUIRE(catalog->definition(path) != nullptr);
    CHECK(problems(*catalog->definition(path)) == nothing);
  }
  for (const Tool& tool : catalog->tools()) {
    CAPTURE(tool.name);
    CHECK(problems(tool.input_schema) == nothing);
    CHECK(problems(tool.output_schema) == nothing);
  }
  for (const Route& route : catalog->routes()) {
    CAPTURE(route.operation);
    for (const json& schema : {route.query, route.body, route.response}) {
      if (!schema.is_null()) CHECK(problems(schema) == nothing);
    }
    for (const auto& [name, schema] : route.path_params.items()) CHECK(problems(schema) == nothing);
  }
}

TEST_CASE("every definition is used") {
  std::string all;
  for (const auto& [path, content] : schema_files()) all += content.dump();
  for (const auto& [path, content] : schema_files("defs/")) {
    CAPTURE(path);
    const bool used = all.find("{\"$ref\":\"" + path + "\"") != std::string::npos ||
                      all.find("\"$ref\":\"" + path + "\"") != std::string::npos;
    // These are read by name: for what users write, and for every error answer.
    const bool by_name =
        path == "defs/template.json" || path == "defs/review.json" || path == "defs/problem.json";
    CHECK((used || by_name));
  }
}

TEST_CASE("what goes out stays open for members that come later") {
  const auto catalog = Catalog::embedded();
  for (const Tool& tool : catalog->tools()) {
    CAPTURE(tool.name);
    CHECK_FALSE(closes_itself(tool.output_schema));
  }
  for (const Route& route : catalog->routes()) {
    CAPTURE(route.operation);
    CHECK_FALSE(closes_itself(route.response));
  }
}

TEST_CASE("what comes in is closed, so that a slip is told") {
  const auto catalog = Catalog::embedded();
  for (const Tool& tool : catalog->tools()) {
    CAPTURE(tool.name);
    CHECK(tool.input_schema.value("additionalProperties", true) == false);
  }
  for (const Route& route : catalog->routes()) {
    CAPTURE(route.operation);
    if (!route.query.is_null()) CHECK(route.query.value("additionalProperties", json()) == false);
    const bool object = route.body.is_object() && route.body.value("type", json()) == "object";
    if (object) CHECK(route.body.value("additionalProperties", json()) == false);
  }
}

TEST_CASE("every role has scopes, and every scope has somebody") {
  const auto catalog = Catalog::embedded();
  CHECK(keys(catalog->roles()) ==
        std::set<std::string>{"owner", "admin", "operator", "viewer", "agent"});
  std::set<std::string> scopes;
  for (const auto& [role, granted] : catalog->roles()) {
    scopes.insert(granted.begin(), granted.end());
  }
  const auto owner = catalog->roles().at("owner");
  CHECK(missing(scopes, {owner.begin(), owner.end()}) == nothing);
  const auto agent = catalog->roles().at("agent");
  const std::set<std::string> of_agent(agent.begin(), agent.end());
  CHECK(of_agent.count("tasks:approve") == 0);  // an agent never approves
  CHECK(of_agent.count("keys:manage") == 0);
}
