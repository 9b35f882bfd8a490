#include "common/schema.hpp"

#include <nlohmann/json.hpp>

#include "tests/support/catch.hpp"

using namespace factory;
using nlohmann::json;

namespace {

/// All errors as "pointer: detail", one a line.
std::string errors_of(const char* schema, const char* value, std::string_view base = {}) {
  std::string text;
  for (const FieldError& error : validate(json::parse(schema), json::parse(value), base)) {
    text += (text.empty() ? "" : "\n") + error.pointer + ": " + error.detail;
  }
  return text;
}

struct Row {
  const char* schema;
  const char* value;
  const char* errors;
};

void check(const Row& row) {
  CAPTURE(row.schema, row.value);
  CHECK(errors_of(row.schema, row.value) == row.errors);
}

}  // namespace

TEST_CASE("types are told apart, and a whole number may be written as a fraction") {
  check(GENERATE(
      Row{R"({"type":"string"})", R"("a")", ""},
      Row{R"({"type":"string"})", "1", ": expected a string, got a number"},
      Row{R"({"type":"integer"})", "1", ""}, Row{R"({"type":"integer"})", "1.0", ""},
      Row{R"({"type":"integer"})", "-1e3", ""}, Row{R"({"type":"integer"})", "1e300", ""},
      Row{R"({"type":"integer"})", "18446744073709551615", ""},
      Row{R"({"type":"integer"})", "1.5", ": expected a whole number, got a number"},
      Row{R"({"type":"integer"})", "true", ": expected a whole number, got true"},
      Row{R"({"type":"number"})", "1", ""}, Row{R"({"type":"number"})", "1.5", ""},
      Row{R"({"type":"number"})", "\"1\"", ": expected a number, got a string"},
      Row{R"({"type":"boolean"})", "false", ""},
      Row{R"({"type":"boolean"})", "0", ": expected true or false, got a number"},
      Row{R"({"type":"null"})", "null", ""},
      Row{R"({"type":"object"})", "[]", ": expected an object, got an array"},
      Row{R"({"type":"array"})", "{}", ": expected an array, got an object"},
      Row{R"({"type":["string","null"]})", "null", ""},
      Row{R"({"type":["string","null"]})", "1", ": expected a string or null, got a number"},
      Row{"{}", R"({"anything":[1]})", ""}, Row{"null", "1", ""}));
}

TEST_CASE("choices compare by value") {
  check(GENERATE(
      Row{R"({"enum":["low","high"]})", R"("high")", ""},
      Row{R"({"enum":["low","high"]})", R"("hgih")",
          R"(: expected one of "low", "high"; did you mean "high"?)"},
      Row{R"({"enum":["low","high"]})", R"("urgent")", R"(: expected one of "low", "high")"},
      Row{R"({"enum":[1,null,{"a":[1]}]})", "1.0", ""},
      Row{R"({"enum":[1,null,{"a":[1]}]})", "null", ""},
      Row{R"({"enum":[1,null,{"a":[1]}]})", R"({"a":[1.0]})", ""},
      Row{R"({"enum":[1]})", "true", ": expected 1"},
      Row{R"({"enum":[0]})", "false", ": expected 0"},
      Row{R"({"const":"approved"})", R"("approved")", ""},
      Row{R"({"const":"approved"})", R"("no")", R"(: expected "approved")"},
      Row{R"({"const":-1})", "18446744073709551615", ": expected -1"},
      Row{R"({"const":{"a":1,"b":2}})", R"({"b":2.0,"a":1})", ""},
      Row{R"({"const":[1,2]})", "[2,1]", ": expected [1,2]"}));
}

TEST_CASE("numbers keep their bounds, exactly") {
  check(GENERATE(Row{R"({"minimum":1,"maximum":3})", "1", ""},
                 Row{R"({"minimum":1,"maximum":3})", "3.0", ""},
                 Row{R"({"minimum":1})", "0.999", ": must be at least 1"},
                 Row{R"({"maximum":3})", "4", ": must be at most 3"},
                 Row{R"({"maximum":9007199254740992})", "9007199254740993",
                     ": must be at most 9007199254740992"},
                 Row{R"({"minimum":0})", "-9223372036854775808", ": must be at least 0"},
                 Row{R"({"maximum":-1})", "18446744073709551615", ": must be at most -1"},
                 Row{R"({"minimum":5})", R"("4")", ""}));
}

TEST_CASE("lengths count code points") {
  check(GENERATE(Row{R"({"minLength":2,"maxLength":3})", R"("äö")", ""},
                 Row{R"({"minLength":2,"maxLength":3})", R"("👩👩👩")", ""},
                 Row{R"({"minLength":2})", R"("👩")", ": has 1 character, needs at least 2"},
                 Row{R"({"minLength":1})", R"("")", ": has 0 characters, needs at least 1"},
                 Row{R"({"maxLength":3})", R"("äöüß")", ": has 4 characters, may have at most 3"},
                 Row{R"({"maxLength":3})", "[1,2,3,4]", ""}));
}

TEST_CASE("arrays are checked item by item") {
  check(GENERATE(
      Row{R"({"items":{"type":"integer"}})", "[1,2]", ""},
      Row{R"({"items":{"type":"integer"}})", R"([1,"a",2,null])",
          "/1: expected a whole number, got a string\n/3: expected a whole number, got null"},
      Row{R"({"minItems":1})", "[]", ": has 0 items, needs at least 1"},
      Row{R"({"maxItems":1})", "[1,2]", ": has 2 items, may have at most 1"},
      Row{R"({"uniqueItems":true})", R"([1,"1",true,null,[1],{"a":1}])", ""},
      Row{R"({"uniqueItems":true})", "[3,1,2,1.0]",
          "/3: is the same as item 1; every item must differ"},
      Row{R"({"uniqueItems":true})", R"([{"a":1,"b":[2]},{"b":[2.0],"a":1}])",
          "/1: is the same as item 0; every item must differ"},
      Row{R"({"uniqueItems":true})", "[0,false,-0.0]",
          "/2: is the same as item 0; every item must differ"},
      Row{R"({"uniqueItems":false})", "[1,1]", ""}));
}

TEST_CASE("objects are checked member by member") {
  check(GENERATE(
      Row{R"({"properties":{"a":{"type":"string"}},"required":["a"]})", R"({"a":"x","b":1})", ""},
      Row{R"({"properties":{"a":{"type":"string"}},"required":["a"]})", "{}",
          "/a: is missing; expected a string"},
      Row{R"({"properties":{"a":{"enum":["x","y"]}},"required":["a"]})", "{}",
          R"(/a: is missing; expected one of "x", "y")"},
      Row{R"({"required":["a/b"]})", "{}", "/a~1b: is missing"},
      Row{R"({"properties":{"notes":{}},"additionalProperties":false})", R"({"note":1})",
          R"(/note: is unknown; did you mean "notes"?)"},
      Row{R"({"properties":{"pipeline_id":{}},"additionalProperties":false})",
          R"({"pipelineId":1})", R"(/pipelineId: is unknown; did you mean "pipeline_id"?)"},
      Row{R"({"properties":{"a":{},"b":{}},"additionalProperties":false})", R"({"colour":1})",
          "/colour: is unknown; known are a, b"},
      Row{R"({"additionalProperties":false})", R"({"a":1})",
          "/a: is unknown; nothing is taken here"},
      Row{R"({"additionalProperties":{"type":"integer"}})", R"({"a":1,"b":"x"})",
          "/b: expected a whole number, got a string"},
      Row{R"({"minProperties":1})", "{}", ": has 0 fields, needs at least 1"},
      Row{R"({"maxProperties":1})", R"({"a":1,"b":2})", ": has 2 fields, may have at most 1"},
      Row{R"({"properties":{"a":{"properties":{"b":{"type":"null"}}}}})", R"({"a":{"b":1}})",
          "/a/b: expected null, got a number"}));
}

TEST_CASE("one of several forms must fit") {
  const char* const nullable =
      R"({"anyOf":[{"type":"object","properties":{"n":{"type":"integer"}}},{"type":"null"}]})";
  const char* const either = R"({"anyOf":[{"required":["a"]},{"required":["b"]}]})";
  const char* const mixed = R"({"anyOf":[{"const":"auto"},{"type":"integer"}],"maximum":5})";
  check(GENERATE_COPY(
      Row{nullable, "null", ""}, Row{nullable, R"({"n":1})", ""},
      Row{nullable, R"({"n":"x"})", "/n: expected a whole number, got a string"},
      Row{nullable, "1", ": expected an object or null"}, Row{either, R"({"b":1})", ""},
      Row{either, "{}", R"(: expected an object with "a" or an object with "b")"},
      Row{mixed, R"("auto")", ""}, Row{mixed, "5", ""}, Row{mixed, "6", ": must be at most 5"},
      Row{mixed, R"("x")", R"(: expected "auto" or a whole number)"}));
}

TEST_CASE("a date-time is checked, a uri is only annotated") {
  check(GENERATE(Row{R"({"format":"date-time"})", R"("2026-11-20T06:44:09Z")", ""},
                 Row{R"({"format":"date-time"})", R"("tomorrow")",
                     R"(: expected a date and time with offset, like "2026-11-20T06:44:09Z")"},
                 Row{R"({"format":"date-time"})", "1", ""},
                 Row{R"({"format":"uri"})", R"("::")", ""}));
}

TEST_CASE("pointers start below the base, and errors are bounded") {
  CHECK(errors_of(R"({"properties":{"limit":{"type":"integer"}}})", R"({"limit":"x"})", "query") ==
        "query/limit: expected a whole number, got a string");
  json many = json::array();
  for (int i = 0; i < 100; ++i) many.push_back("x");
  CHECK(validate(json::parse(R"({"items":{"type":"null"}})"), many).size() == 20);
  json unknown;
  for (int i = 0; i < 100; ++i) unknown["k" + std::to_string(i)] = 1;
  CHECK(validate(json::parse(R"({"additionalProperties":false})"), unknown).size() == 20);
}

TEST_CASE("no value that a caller sent is repeated") {
  const std::string secret = "hunter2-hunter2";
  const json value{{"a", secret}, {"b", {secret, secret}}, {"c", secret}};
  const json schema = json::parse(R"({"properties":{"a":{"type":"integer"},
      "b":{"uniqueItems":true,"items":{"maxLength":3}},"c":{"enum":["x"]}}})");
  const auto errors = validate(schema, value);
  CHECK(errors.size() == 5);
  for (const FieldError& error : errors) CHECK(error.detail.find(secret) == std::string::npos);
}

TEST_CASE("a long array of distinct items is checked in passable time") {
  json many = json::array();
  for (int i = 0; i < 200'000; ++i) many.push_back({i});
  // Comparing all pairs would take minutes and run into the test's time-out.
  CHECK(validate(json::parse(R"({"uniqueItems":true})"), many).empty());
}
