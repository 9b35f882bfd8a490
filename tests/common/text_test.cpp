#include "common/text.hpp"

#include "tests/support/catch.hpp"

using namespace factory;

TEST_CASE("length counts code points") {
  CHECK(code_points("") == 0);
  CHECK(code_points("abc") == 3);
  CHECK(code_points("äöü") == 3);
  CHECK(code_points("日本") == 2);
  CHECK(code_points("👩‍🚀") == 3);  // three code points, though one sign
}

TEST_CASE("an excerpt never splits a code point") {
  CHECK(excerpt("short", 5) == "short");
  CHECK(excerpt("longer", 5) == "longe…");
  CHECK(excerpt("aäb", 2) == "a…");
  CHECK(excerpt("aäb", 3) == "aä…");
  CHECK(excerpt("👩", 3) == "…");
}

TEST_CASE("blanks around a text go, those within stay") {
  CHECK(trimmed(" a \tb\t ") == "a \tb");
  CHECK(trimmed("\r\na\r\n") == "\r\na\r\n");
  CHECK(trimmed("\r\na\r\n", " \r\n") == "a");
  CHECK(trimmed("").empty());
  CHECK(trimmed(" \t").empty());
}

TEST_CASE("letters of ASCII are alike in whatever case, others are not") {
  CHECK(equal_ignoring_case("Content-Type", "content-TYPE"));
  CHECK_FALSE(equal_ignoring_case("a", "ab"));
  CHECK_FALSE(equal_ignoring_case("[", "{"));
  CHECK_FALSE(equal_ignoring_case("\xc3\x84", "\xc3\xa4"));
}

TEST_CASE("pointers escape what RFC 6901 wants escaped") {
  std::string pointer = "/base";
  append_pointer(pointer, "a/b~c");
  CHECK(pointer == "/base/a~1b~0c");
  {
    const PointerStep step(pointer, "0");
    CHECK(pointer == "/base/a~1b~0c/0");
  }
  CHECK(pointer == "/base/a~1b~0c");
  append_pointer(pointer, std::string(10'000, 'x'));
  CHECK(pointer.size() < 200);
}

TEST_CASE("long lists of words are cut") {
  CHECK(join({}).empty());
  CHECK(join({"a"}) == "a");
  CHECK(join({"a", "b", "c"}, " or ") == "a or b or c");
  CHECK(join({"a", "b", "c"}, ", ", 2) == "a, b, …");
}

TEST_CASE("letters are those of ASCII, whatever the locale") {
  CHECK(ascii_lower("Content-TYPE ÄZ") == "content-type Äz");
  CHECK(is_ascii_alnum('Z'));
  CHECK_FALSE(is_ascii_alnum('_'));
  CHECK_FALSE(is_ascii_alnum('\xc4'));
}

TEST_CASE("a token of HTTP has no blanks and no separators") {
  CHECK(is_token("X-Factory_Tool.1!"));
  for (const char* text : {"", "a b", "a:b", "a/b", "a\"b", "ä"}) {
    CAPTURE(text);
    CHECK_FALSE(is_token(text));
  }
}
