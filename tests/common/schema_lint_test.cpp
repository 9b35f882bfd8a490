#include <nlohmann/json.hpp>

#include "common/schema.hpp"
#include "common/text.hpp"
#include "tests/support/catch.hpp"

using namespace factory;
using nlohmann::json;

TEST_CASE("every keyword of the closed set passes") {
  CHECK(lint_schema(json::parse(R"({
    "title":"T","description":"D","type":"object","required":["a"],"additionalProperties":false,
    "minProperties":1,"maxProperties":9,"deprecated":false,"examples":[{"a":"x"}],
    "properties":{
      "a":{"type":["string","null"],"minLength":0,"maxLength":9,"default":"x"},
      "b":{"type":"number","minimum":-1.5,"maximum":9},
      "c":{"type":"array","items":{"enum":["x",1,null]},"minItems":0,"maxItems":3,
           "uniqueItems":true},
      "d":{"anyOf":[{"const":1},{"type":"string","format":"date-time"},
           {"type":"string","format":"uri"}]},
      "e":{"additionalProperties":{"type":"boolean"}},
      "f":{}}})"))
            .empty());
}

TEST_CASE("a schema with something else is refused, and the place is named") {
  struct Row {
    const char* schema;
    const char* problem;
  };
  const Row row = GENERATE(
      Row{"true", "/: a schema must be an object"}, Row{"[]", "/: a schema must be an object"},
      Row{R"({"pattern":"^a"})", "/pattern: an unknown keyword"},
      Row{R"({"oneOf":[{}]})", "/oneOf: an unknown keyword"},
      Row{R"({"$ref":"defs/a.json"})", "/$ref: a reference that was not resolved"},
      Row{R"({"properties":{"a":{"allOf":[]}}})", "/properties/a/allOf: an unknown keyword"},
      Row{R"({"items":{"x":1}})", "/items/x: an unknown keyword"},
      Row{R"({"anyOf":[{},{"x":1}]})", "/anyOf/1/x: an unknown keyword"},
      Row{R"({"additionalProperties":{"x":1}})", "/additionalProperties/x: an unknown keyword"},
      Row{R"({"type":"int"})", "/type: must name known types"},
      Row{R"({"type":[]})", "/type: must name known types"},
      Row{R"({"type":["string","string"]})", "/type: must name known types"},
      Row{R"({"properties":[]})", "/properties: must be an object of schemas"},
      Row{R"({"required":["a","a"]})", "/required: must be a list of distinct names"},
      Row{R"({"required":[1]})", "/required: must be a list of distinct names"},
      Row{R"({"items":[{}]})", "/items: a schema must be an object"},
      Row{R"({"enum":[]})", "/enum: must be a list"}, Row{R"({"enum":[1,1.0]})", "/: the enum has"},
      Row{R"({"minimum":"1"})", "/minimum: must be a number"},
      Row{R"({"minLength":-1})", "/minLength: must be a whole number from 0"},
      Row{R"({"maxItems":1.5})", "/maxItems: must be a whole number from 0"},
      Row{R"({"uniqueItems":1})", "/uniqueItems: must be true or false"},
      Row{R"({"anyOf":[]})", "/anyOf: must be a list of schemas"},
      Row{R"({"format":"email"})", "/format: must be date-time or uri"},
      Row{R"({"description":""})", "/description: must be a text"},
      Row{R"({"properties":{"a":{}},"required":["b"]})", R"(/: requires "b")"},
      Row{R"({"type":"string","default":1})", "/: the default does not fit"},
      Row{R"({"properties":{"a":{"type":"string","examples":[1]}}})",
          "/properties/a: an example does not fit"});
  CAPTURE(row.schema);
  const auto problems = lint_schema(json::parse(row.schema));
  REQUIRE(problems.size() == 1);
  CHECK_THAT(problems.front(), test::contains(row.problem));
}

TEST_CASE("all problems of a schema are told") {
  const auto problems = lint_schema(json::parse(R"({"type":"x","pattern":"","minimum":""})"));
  CHECK(problems.size() == 3);
}
