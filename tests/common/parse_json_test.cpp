#include <nlohmann/json.hpp>

#include "common/schema.hpp"
#include "tests/support/catch.hpp"

using namespace factory;
using nlohmann::json;

namespace {

std::string nested(int depth) {
  const auto count = static_cast<std::size_t>(depth);
  return std::string(count, '[') + std::string(count, ']');
}

}  // namespace

TEST_CASE("JSON is read as it stands") {
  const char* const text = GENERATE(
      "null", "true", "false", "0", "-0", "-12", "18446744073709551615", "-9223372036854775808",
      "1.5", "-1e-3", "1E+2", R"("")", R"("a\"\\\/\b\f\n\r\t\u00e4\ud83d\ude00")", R"("ä日👩")",
      "[]", "{}", " [ 1 , [ ] , { } ] ", R"({"a":{"b":[1,2,{"c":null}]},"":0})", "\t\r\n1\n");
  CAPTURE(text);
  const auto parsed = parse_json(text);
  REQUIRE(parsed.ok());
  CHECK(*parsed == json::parse(text));
  CHECK(parsed->dump() == json::parse(text).dump());
}

TEST_CASE("what is no JSON is refused with place and reason") {
  struct Row {
    std::string text;
    std::string place;
    std::string reason;
  };
  const Row row = GENERATE(
      Row{"", "line 1, column 1", "unexpected end of the text, expected a value"},
      Row{"{", "line 1, column 1", "unexpected end of the text"},
      Row{"{\n  \"a\": 1,\n  \"b\" 2\n}", "line 3, column 7", "unexpected number, expected ':'"},
      Row{R"({"a":1,})", "line 1, column 8", "unexpected '}', expected string"},
      Row{"[1,]", "line 1, column 4", "unexpected ']', expected a value"},
      Row{"[1 2]", "line 1, column 4", "unexpected number, expected ']'"},
      Row{"tru", "line 1, column 3", "this is no JSON value"},
      Row{"NaN", "line 1, column 1", "this is no JSON value"},
      Row{"// note\n1", "line 1, column 1", "this is no JSON value"},
      Row{"{a:1}", "line 1, column 2", "this is no JSON value"},
      Row{"[\"ä\", x]", "line 1, column 7", "this is no JSON value"},
      Row{"\"abc", "line 1, column 4", "the string has no closing quote"},
      Row{"\"a\nb\"", "line 1, column 3", "must be escaped"},
      Row{R"("\x")", "line 1, column 3", "forbidden character after backslash"},
      Row{R"("\ud800")", "line 1, column 8", "surrogate"},
      Row{R"("\udc00")", "line 1, column 7", "surrogate"},
      Row{"01", "line 1, column 2", "unexpected number, expected end of the text"},
      Row{"-", "line 1, column 1", "invalid number"},
      Row{"1.", "line 1, column 2", "invalid number"},
      Row{"1e999", "line 1, column 5", "the number is too large"},
      Row{"{} {}", "line 1, column 4", "expected end of the text"},
      Row{R"({"a":1,"b":2,"a":3})", "line 1, column 16", "the name \"a\" stands twice"},
      Row{R"([{"x":{"y":1,"y":1}}])", "line 1, column 16", "the name \"y\" stands twice"});
  CAPTURE(row.text);
  const auto parsed = parse_json(row.text);
  REQUIRE_FALSE(parsed.ok());
  CHECK(parsed.error().code == ErrorCode::invalid_request);
  CHECK_THAT(parsed.error().detail, test::contains(row.place + ": "));
  CHECK_THAT(parsed.error().detail, test::contains(row.reason));
}

TEST_CASE("no refusal speaks of the library") {
  for (const std::string text : {"", "{", "[1,", "tru", "\"\xff\"", "1e999", "{\"a\":1,\"a\":1}"}) {
    const auto parsed = parse_json(text);
    REQUIRE_FALSE(parsed.ok());
    for (const std::string word : {"exception", "nlohmann", "literal", "last read", "syntax"}) {
      CHECK(parsed.error().detail.find(word) == std::string::npos);
    }
  }
}

TEST_CASE("what is not UTF-8 is refused, in and outside of strings") {
  const std::string bytes = GENERATE(std::string("\xff"), std::string("\x80"), std::string("\xc3"),
                                     std::string("\xc0\xaf"),          // overlong
                                     std::string("\xed\xa0\x80"),      // a surrogate
                                     std::string("\xf4\x90\x80\x80"),  // beyond U+10FFFF
                                     std::string("\xe2\x82"));
  const auto quoted = parse_json("\"" + bytes + "\"");
  REQUIRE_FALSE(quoted.ok());
  CHECK_THAT(quoted.error().detail, test::contains("not valid UTF-8"));
  CHECK_FALSE(parse_json("{\"" + bytes + "\":1}").ok());
  CHECK_FALSE(parse_json(bytes).ok());
}

TEST_CASE("a NUL byte hides nothing behind it") {
  using namespace std::string_view_literals;
  CHECK_FALSE(parse_json("{}\0garbage"sv).ok());
  CHECK_FALSE(parse_json("\0"sv).ok());
  CHECK_FALSE(parse_json("\"a\0b\""sv).ok());
  CHECK(parse_json(R"("a\u0000b")").ok());
}

TEST_CASE("depth is counted exactly and bounded") {
  CHECK(parse_json(nested(64)).ok());
  const auto deep = parse_json(nested(65));
  REQUIRE_FALSE(deep.ok());
  CHECK_THAT(deep.error().detail, test::contains("column 65"));
  CHECK_THAT(deep.error().detail, test::contains("deeper than 64 levels"));
  CHECK(parse_json(R"({"a":[1]})", 2).ok());
  CHECK_FALSE(parse_json(R"({"a":[[1]]})", 2).ok());
  CHECK(parse_json("1", 0).ok());
  CHECK_FALSE(parse_json("[]", 0).ok());
  CHECK_FALSE(parse_json(std::string(1'000'000, '[')).ok());
}

TEST_CASE("how many values there are is bounded") {
  const auto of = [](int count) {
    std::string text = "[0";
    for (int i = 2; i < count; ++i) text += ",{}";
    return parse_json(text + "]");
  };
  CHECK(of(100'000).ok());
  const auto more = of(100'001);
  REQUIRE_FALSE(more.ok());
  CHECK_THAT(more.error().detail, test::contains("more than 100000 values"));
}

TEST_CASE("siblings keep their own values") {
  const auto parsed = parse_json(R"({"b":[{"x":1},{"x":2}],"a":{"x":[3]},"c":{"x":{"x":4}}})");
  REQUIRE(parsed.ok());
  CHECK(parsed->dump() == R"({"a":{"x":[3]},"b":[{"x":1},{"x":2}],"c":{"x":{"x":4}}})");
}

TEST_CASE("a long repeated name does not flood the answer") {
  const std::string name(100'000, 'n');
  const auto parsed = parse_json("{\"" + name + "\":1,\"" + name + "\":2}");
  REQUIRE_FALSE(parsed.ok());
  CHECK(parsed.error().detail.size() < 300);
}
