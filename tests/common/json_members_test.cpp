#include "common/json_members.hpp"

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "tests/support/catch.hpp"

using factory::pick_members;
using nlohmann::json;

TEST_CASE("members of an object are picked as they stand, the others are passed over") {
  const std::string text = R"({"a":1,"skipped":{"a":[2,{"b":"}],\"{"}],"c":null},"b":"x\"}y\\",)"
                           R"("list":[1,[2],{"b":3}],"n":-1.5e3,"t":true})";
  CHECK(pick_members(text, {"list", "b", "a", "n", "t", "missing"}) ==
        R"({"a":1,"b":"x\"}y\\","list":[1,[2],{"b":3}],"n":-1.5e3,"t":true})");
  CHECK(pick_members(text, {"skipped"}) == R"({"skipped":{"a":[2,{"b":"}],\"{"}],"c":null}})");
  const json whole = json::parse(text);
  CHECK(json::parse(pick_members(whole.dump(2), {"list", "b"})) ==
        json{{"b", whole["b"]}, {"list", whole["list"]}});
  const std::string escaped = R"({"x":"\\","y\"":"\\\"","z":"\"\\\\"})";
  CHECK(pick_members(escaped, {"x", "z"}) == R"({"x":"\\","z":"\"\\\\"})");
  CHECK(pick_members(text, {}) == "{}");
  CHECK(pick_members("{}", {"a"}) == "{}");
  CHECK(pick_members(" { } ", {"a"}) == "{}");
}

TEST_CASE("text that is no object, or ends too early, is refused and not overrun") {
  for (const char* text : {"", "[1]", "null", "{", "{\"a", "{\"a\"", "{\"a\":", "{\"a\":1",
                           "{\"a\":\"\\", "{\"a\":[1,{\"b\":2}", "{\"a\":1,}"}) {
    INFO(text);
    CHECK_THROWS_AS(pick_members(text, {"a"}), std::exception);
  }
}
