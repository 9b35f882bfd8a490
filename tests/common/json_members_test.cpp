#include "common/json_members.hpp"

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "tests/support/catch.hpp"

using factory::parse_members;
using nlohmann::json;

TEST_CASE("members of an object are read, the others are passed over") {
  const std::string text = R"({"a":1,"skipped":{"a":[2,{"b":"}],\"{"}],"c":null},"b":"x\"}y\\",)"
                           R"("list":[1,[2],{"b":3}],"n":-1.5e3,"t":true})";
  const json whole = json::parse(text);
  CHECK(parse_members(text, {"a", "b", "list", "n", "t", "missing"}) ==
        json{{"a", 1}, {"b", "x\"}y\\"}, {"list", whole["list"]}, {"n", -1500.0}, {"t", true}});
  CHECK(parse_members(text, {"skipped"}) == json{{"skipped", whole["skipped"]}});
  CHECK(parse_members(whole.dump(2), {"list", "b"}) ==
        json{{"b", whole["b"]}, {"list", whole["list"]}});
  CHECK(parse_members(text, {}) == json::object());
  CHECK(parse_members("{}", {"a"}) == json::object());
  CHECK(parse_members(" { } ", {"a"}) == json::object());
}

TEST_CASE("text that is no object, or ends too early, is refused and not overrun") {
  for (const char* text : {"", "[1]", "null", "{", "{\"a", "{\"a\"", "{\"a\":", "{\"a\":1",
                           "{\"a\":\"\\", "{\"a\":[1,{\"b\":2}", "{\"a\":1,}", "{\"a\":x}"}) {
    INFO(text);
    CHECK_THROWS_AS(parse_members(text, {"a"}), std::exception);
  }
}
