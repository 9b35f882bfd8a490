#include "slices/comment/mentions.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/spec.hpp"

/// Who is mentioned in a text.
namespace factory::test {
namespace {

using Names = std::vector<std::string>;

Names in(std::string_view text) { return comment::mentioned_in(text); }

TEST_CASE("a name is mentioned at the beginning of a word") {
  CHECK(in("@ada") == Names{"ada"});
  CHECK(in("ask @ada, (@bob) and *@carl*: \"@dora\"") == Names{"ada", "bob", "carl", "dora"});
  CHECK(in("@ada @bob @ada") == Names{"ada", "bob"});
  CHECK(in("line\n@ada\ttab @bob") == Names{"ada", "bob"});
  CHECK(in("请看@ada。你好") == Names{"ada"});
  CHECK(in("—@ada…") == Names{"ada"});
  CHECK(in("_@ada_") == Names{"ada_"});  // what belongs to it is known with the people alone
  CHECK(in("@ada@example.com") == Names{"ada@example.com"});
}

TEST_CASE("what only looks like a mention is none") {
  CHECK(in("ada@example.com").empty());
  CHECK(in("https://example.com/@ada").empty());
  CHECK(in("\\@ada").empty());
  CHECK(in("@@ada").empty());
  CHECK(in("@ ada").empty());
  CHECK(in("@").empty());
  CHECK(in("@.").empty());
  CHECK(in("@" + std::string(65, 'a')).empty());
  CHECK(in("").empty());
}

TEST_CASE("code mentions nobody") {
  CHECK(in("`@ada` @bob") == Names{"bob"});
  CHECK(in("``a ` @ada`` @bob") == Names{"bob"});
  CHECK(in("a ` alone @ada") == Names{"ada"});
  CHECK(in("`` unlike ` @ada") == Names{"ada"});
  CHECK(in("\\`@ada` @bob") == Names{"ada", "bob"});
  CHECK(in("\\`` @ada") == Names{"ada"});
  CHECK(in("\\``@ada` @bob") == Names{"bob"});
  CHECK(in("`not closed\n\n@ada here`") == Names{"ada"});
  CHECK(in("```\n@ada\n```\n@bob") == Names{"bob"});
  CHECK(in("~~~~ text\n@ada\n~~~\n@carl\n~~~~\n@bob") == Names{"bob"});
  CHECK(in("```\n@ada\n```` \n@bob") == Names{"bob"});
  CHECK(in("```\n@ada never closed") == Names{});
  CHECK(in("   ```js\n@ada\n   ```\n@bob") == Names{"bob"});
  CHECK(in("``` not a fence ``` @bob") == Names{"bob"});
  CHECK(in("`a\n```\n@ada\n```\n@bob`") == Names{"bob"});
}

TEST_CASE("the number of names that are looked at is bounded, and so is the work") {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "@n" + std::to_string(i) + " ";
  CHECK(in(text).size() == comment::most_mentions);
  std::string ticks;
  for (int i = 0; i < 4000; ++i)
    ticks += std::string(static_cast<std::size_t>(i % 90) + 1, '`') + " ";
  CHECK(in(ticks + "@ada").size() <= 1);
}

TEST_CASE("names are found whatever their case, and with the points that belong to them") {
  const Directory people = directory(
      {person("Ada"), person("bob."), agent("goose"), person("carl@example.com"), person("dora_")});
  const auto found = [&](std::string_view text) { return comment::find_mentions(text, people); };
  CHECK(found("@ada").people == Names{"Ada"});
  CHECK(found("@ADA.").people == Names{"Ada"});
  CHECK(found("@bob.").people == Names{"bob."});
  CHECK(found("@bob").people.empty());
  CHECK(found("@bob").unknown == Names{"bob"});
  CHECK(found("@goose...").people == Names{"goose"});
  CHECK(found("_@Ada_ and @dora_").people == Names{"Ada", "dora_"});
  CHECK(found("@carl@example.com!").people == Names{"carl@example.com"});
  const auto both = found("@nobody. @Ada @ada @nobody");
  CHECK(both.people == Names{"Ada"});
  CHECK(both.unknown == Names{"nobody"});
}

}  // namespace
}  // namespace factory::test
