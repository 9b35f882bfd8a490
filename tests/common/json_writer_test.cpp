#include "common/json_writer.hpp"

#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/catch.hpp"

using factory::JsonWriter;
using nlohmann::json;

namespace {

std::string written(const std::string& text) {
  JsonWriter out(1);
  return out.begin_array().value(text).value(text).end_array().take();
}

}  // namespace

TEST_CASE("members and items are put one behind the other, with commas between") {
  JsonWriter out;
  out.begin_object().put("a", 1).put("b", "two").key("c").begin_array();
  out.value(true).null().value(2.5).begin_object().end_object().end_array();
  out.put_raw("d", R"({"e":[]})").put_some("left out", std::string()).end_object();
  CHECK(out.text() == R"({"a":1,"b":"two","c":[true,null,2.5,{}],"d":{"e":[]}})");
}

TEST_CASE("a text ending like an open bracket is followed by a comma") {
  CHECK(JsonWriter().begin_array().value("{").value(":").value("[").end_array().take() ==
        R"(["{",":","["])");
}

TEST_CASE("every character comes back, wherever it stands in a text of whatever length") {
  for (int c = 0; c < 128; ++c) {
    for (const std::size_t before : {0U, 3U, 7U, 8U, 21U}) {
      const std::string text = std::string(before, 'x') + static_cast<char>(c) + "\xC3\xA9" +
                               std::string(2 * before, static_cast<char>(c));
      INFO(c << " behind " << before);
      REQUIRE(json::parse(written(text)) == json::array({text, text}));
    }
  }
  const std::string name = "a \"name\"\n";
  CHECK(json::parse(JsonWriter().begin_object().put(name, 1).end_object().take()) ==
        json{{name, 1}});
}

TEST_CASE("it grows, and begins anew once its text was taken") {
  JsonWriter out(2);
  const std::string large(100'000, 'l');
  CHECK(out.value(large).take() == '"' + large + '"');
  CHECK(out.text().empty());
  CHECK(out.begin_object().put("again", "here").end_object().take() == R"({"again":"here"})");
}
