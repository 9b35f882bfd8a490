#include <nlohmann/json.hpp>

#include "common/json_order.hpp"
#include "common/schema.hpp"
#include "tests/support/catch.hpp"

using namespace factory;
using nlohmann::json;

TEST_CASE("defaults are put where members are missing") {
  const json schema = json::parse(R"({"properties":{
    "limit":{"type":"integer","default":20},"sort":{"default":"rank"},"name":{"type":"string"},
    "page":{"properties":{"size":{"default":5}}},
    "items":{"items":{"properties":{"weight":{"default":1}}}}}})");
  struct Row {
    const char* before;
    const char* after;
  };
  const Row row =
      GENERATE(Row{"{}", R"({"limit":20,"sort":"rank"})"},
               Row{R"({"limit":null,"sort":"x"})", R"({"limit":null,"sort":"x"})"},
               Row{R"({"page":{}})", R"({"limit":20,"page":{"size":5},"sort":"rank"})"},
               Row{R"({"items":[{},{"weight":2},3]})",
                   R"({"items":[{"weight":1},{"weight":2},3],"limit":20,"sort":"rank"})"},
               Row{"[]", "[]"}, Row{"\"text\"", "\"text\""});
  json value = json::parse(row.before);
  fill_defaults(schema, value);
  CHECK(value.dump() == row.after);
}

TEST_CASE("texts from an address are read as their schema wants") {
  struct Row {
    const char* schema;
    const char* text;
    const char* value;
  };
  const Row row = GENERATE(
      Row{R"({"type":"integer"})", "12", "12"}, Row{R"({"type":"integer"})", "-1", "-1"},
      Row{R"({"type":"integer"})", "18446744073709551615", "18446744073709551615"},
      Row{R"({"type":"integer"})", "12x", R"("12x")"}, Row{R"({"type":"integer"})", "", R"("")"},
      Row{R"({"type":"integer"})", "1.5", "1.5"}, Row{R"({"type":"number"})", "1.5", "1.5"},
      Row{R"({"type":"number"})", "nan", R"("nan")"},
      Row{R"({"type":"number"})", "inf", R"("inf")"}, Row{R"({"type":"boolean"})", "true", "true"},
      Row{R"({"type":"boolean"})", "1", R"("1")"}, Row{R"({"type":"string"})", "12", R"("12")"},
      Row{"{}", "12", R"("12")"}, Row{R"({"type":["string","null"]})", "x", R"("x")"},
      Row{R"({"type":["string","integer"]})", "7", "7"},
      Row{R"({"type":"array","items":{"type":"integer"}})", "1,2", "[1,2]"},
      Row{R"({"type":"array","items":{"type":"string"}})", "a", R"(["a"])"},
      Row{R"({"type":"array","items":{"type":"string"}})", "a,", R"(["a",""])"},
      Row{R"({"type":"array"})", "", "[]"}, Row{R"({"type":"object"})", R"({"a":1})", R"({"a":1})"},
      Row{R"({"type":"object"})", "{", R"("{")"},
      Row{R"({"anyOf":[{"type":"integer"},{"const":"me"}]})", "5", "5"},
      Row{R"({"anyOf":[{"type":"integer"},{"const":"me"}]})", "me", R"("me")"});
  CAPTURE(row.schema, row.text);
  CHECK(coerce(json::parse(row.schema), row.text).dump() == row.value);
}

TEST_CASE("the nearest known word is found, and none that is far") {
  const std::vector<std::string> known{"pipeline_id", "priority", "notes", "limit", "id"};
  struct Row {
    const char* word;
    const char* near;
  };
  const Row row =
      GENERATE(Row{"pipelineId", "pipeline_id"}, Row{"pipeline-id", "pipeline_id"},
               Row{"PRIORITY", "priority"}, Row{"priorty", "priority"}, Row{"pirority", "priority"},
               Row{"note", "notes"}, Row{"limt", "limit"}, Row{"colour", ""}, Row{"x", ""},
               Row{"", ""}, Row{"ix", "id"}, Row{"___", ""});
  CAPTURE(row.word);
  CHECK(nearest(row.word, known) == row.near);
  CHECK(nearest(std::string(1'000'000, 'n'), known).empty());
  CHECK(nearest(row.word, {}).empty());
}

TEST_CASE("values have one order in which equal means equal") {
  const std::vector<json> ascending{
      nullptr,
      false,
      true,
      json::parse("-9223372036854775808"),
      -1,
      -0.5,
      0,
      0.5,
      1,
      json::parse("9223372036854775807"),
      json::parse("9223372036854775808"),
      json::parse("18446744073709551615"),
      1e300,
  };
  for (std::size_t i = 0; i < ascending.size(); ++i) {
    for (std::size_t j = 0; j < ascending.size(); ++j) {
      CAPTURE(ascending[i].dump(), ascending[j].dump());
      CHECK(equal_json(ascending[i], ascending[j]) == (i == j));
      if (ascending[i].is_number() && ascending[j].is_number()) {
        CHECK((order_json(ascending[i], ascending[j]) < 0) == (i < j));
      }
    }
  }
  CHECK(equal_json(json::parse("[1,{\"a\":2}]"), json::parse("[1.0,{\"a\":2.0}]")));
  CHECK_FALSE(equal_json(json::parse("[]"), json::parse("{}")));
  CHECK_FALSE(equal_json(json::parse("[1]"), json::parse("[1,1]")));
  CHECK_FALSE(equal_json(json::parse(R"({"a":1})"), json::parse(R"({"b":1})")));
  CHECK_FALSE(equal_json("1", 1));
}
