#include "common/mcp/render.hpp"

#include <nlohmann/json.hpp>

#include "tests/support/catch.hpp"

namespace factory::mcp {
namespace {

using nlohmann::json;
using test::contains;

TEST_CASE("an outline begins with the summary and keeps everything") {
  const json document = {{"summary", "One task waits."},
                         {"items",
                          {{{"id", "task_1"},
                            {"title", "Approve: now, or later"},
                            {"overdue", true},
                            {"labels", {"a", "b c"}},
                            {"gate", {{"id", "gate_1"}, {"needs", 2}}},
                            {"votes", {{{"by", "ada"}, {"for", true}}}}},
                           {{"id", "task_2"}, {"note", nullptr}, {"empty", json::object()}}}},
                         {"next_cursor", "abc"},
                         {"none", json::array()},
                         {"page", {{"size", 20}, {"share", 0.5}}}};
  CHECK(render(document) ==
        "One task waits.\n"
        "next_cursor: abc\n"
        "none: []\n"
        "items (2):\n"
        "- id: task_1, title: \"Approve: now, or later\", labels: [a, b c], overdue: true\n"
        "  gate:\n"
        "    id: gate_1\n"
        "    needs: 2\n"
        "  votes (1):\n"
        "  - by: ada, for: true\n"
        "- id: task_2, empty: {}, note: null\n"
        "page:\n"
        "  share: 0.5\n"
        "  size: 20");
}

TEST_CASE("text of others cannot pass for lines of the outline") {
  const json document = {{"items", {{{"id", "a\nb: c"}, {"x", ""}, {"y", "p, q: r"}}}},
                         {"log", "one\ntwo\n"}};
  CHECK(render(document) ==
        "log: |\n"
        "  one\n"
        "  two\n"
        "items (1):\n"
        "- id: \"a\\nb: c\", x: \"\", y: \"p, q: r\"");
}

TEST_CASE("any JSON has an outline") {
  CHECK(render("text") == "text");
  CHECK(render(5) == "5");
  CHECK(render(nullptr) == "null");
  CHECK(render(json::object()) == "{}");
  CHECK(render(json::array()) == "[]");
  CHECK(render({1, "a", nullptr}) == "[1, a, null]");
  CHECK(render(json::array({json::array({1, json::array({2})})})) == "-\n  - 1\n  - [2]");
}

TEST_CASE("a problem says what, where and what to do") {
  const json problem = {{"type", "about:blank"},
                        {"title", "Somebody has decided this already"},
                        {"status", 409},
                        {"code", "already_decided"},
                        {"detail", "Ada approved it."},
                        {"hint", "Nothing is left to do here."},
                        {"retryable", true},
                        {"decided_by", "ada"},
                        {"errors", {{{"pointer", ""}, {"detail", "all of it"}}, "odd"}}};
  CHECK(render_problem(problem) ==
        "Somebody has decided this already: Ada approved it.\n"
        "- (the whole): all of it\n"
        "- odd\n"
        "What to do: Nothing is left to do here.\n"
        "The same call may succeed later.\n"
        "status: 409\n"
        "code: already_decided\n"
        "decided_by: ada");
  CHECK(render_problem({{"detail", 5}}) == "The call failed\ndetail: 5");
  CHECK(render_problem("boom") == "The call failed: boom");
}

json page_of(std::size_t count, std::size_t size) {
  json items = json::array();
  for (std::size_t i = 0; i < count; ++i) {
    items.push_back({{"id", "task_" + std::to_string(i)}, {"text", std::string(size, 'x')}});
  }
  return {{"items", std::move(items)}, {"next_cursor", "c1"}};
}

TEST_CASE("what fits is left alone") {
  json document = page_of(20, 100);
  const json before = document;
  CHECK_FALSE(fit(document, result_budget).any);
  CHECK(document == before);
}

TEST_CASE("a page that is too long loses whole items, and its cursor, and says so") {
  json document = page_of(200, 300);
  const Cut cut = fit(document, result_budget);
  REQUIRE(cut.any);
  CHECK(document.dump().size() <= result_budget);
  CHECK(render(document).size() <= result_budget);
  const std::size_t shown = document["items"].size();
  CHECK(cut.page_items == shown);
  CHECK(shown > 40);
  CHECK(document["items"].back()["text"] == std::string(300, 'x'));
  CHECK(document["items"][0]["id"] == "task_0");
  CHECK(document["next_cursor"].is_null());
  CHECK(document["_cut"]["places"] ==
        json::array({{{"at", "/items"}, {"items_shown", shown}, {"of", 200}}}));
  CHECK_THAT(render(document), contains("limit=" + std::to_string(shown)));
}

TEST_CASE("long texts are cut where a character ends, and the cursor stays") {
  std::string text;
  while (text.size() < 50'000) text += "\u00e4\u20ac";
  json document = {{"id", "run_1"}, {"log", text}, {"next_cursor", "c"}, {"short", "as it was"}};
  CHECK(fit(document, result_budget).page_items == 0);
  CHECK(document.dump().size() <= result_budget);
  CHECK(document["log"].get<std::string>().size() > 10'000);
  CHECK(document["log"].get<std::string>().ends_with("\u2026"));
  CHECK(document["short"] == "as it was");
  CHECK(document["next_cursor"] == "c");
  CHECK(document["_cut"]["places"][0]["of"] == text.size());
}

TEST_CASE("lists inside of items are cut, too") {
  json document = {{"pipeline", {{"id", "p"}, {"events", page_of(500, 200)["items"]}}},
                   {"next_cursor", "c"}};
  CHECK(fit(document, result_budget).page_items == 0);
  CHECK(document.dump().size() <= result_budget);
  CHECK(document["next_cursor"] == "c");
  CHECK(document["_cut"]["places"][0]["at"] == "/pipeline/events");
}

TEST_CASE("the outline and the JSON say the same after a cut") {
  json document = page_of(90, 250);
  REQUIRE(fit(document, 5'000).any);
  const std::string outline = render(document);
  for (const json& item : document["items"]) {
    CHECK_THAT(outline, contains("id: " + item["id"].get<std::string>() + ","));
  }
  CHECK_THAT(outline, !contains("task_89,"));
}

}  // namespace
}  // namespace factory::mcp
