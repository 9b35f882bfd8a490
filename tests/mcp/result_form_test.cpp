#include "common/mcp/result_form.hpp"

#include <nlohmann/json.hpp>

#include "tests/support/catch.hpp"

namespace factory::mcp {
namespace {

using nlohmann::json;
using test::contains;

Tool lister() {
  Tool tool;
  tool.result.list = "servers";
  tool.result.text = "## Servers ({{status}})\n\n{{table}}\n\n{{ids}}";
  tool.result.empty = "None with status {{status}}.";
  tool.result.each = {{"table", "| {{name}} | {{state}} |"}, {"ids", "- {{id}}"}};
  return tool;
}

TEST_CASE("a bare array gets the name that the tool declares, and the cursor of its page") {
  const ResultForm form = lister().result;
  const BackendAnswer page = with_list(form, {false, json::array({1, 2}), "abc"});
  CHECK(page.document == json{{"servers", {1, 2}}, {"next_cursor", "abc"}});
  CHECK(with_list(form, {false, json::array(), ""}).document ==
        json{{"servers", json::array()}, {"next_cursor", nullptr}});
  // What is no array, failed, or belongs to another tool stays as it is.
  CHECK(with_list(form, {false, json{{"a", 1}}, ""}).document == json{{"a", 1}});
  CHECK(with_list(form, {true, json::array({1}), ""}).document == json::array({1}));
  CHECK(with_list({}, {false, json::array({1}), ""}).document == json::array({1}));
}

TEST_CASE("a declared text shows a line for each item") {
  const json document{
      {"servers",
       {{{"id", "r1"}, {"name", "mail"}, {"state", "open"}}, {{"id", "r2"}, {"name", "a|b\nc"}}}},
      {"next_cursor", nullptr}};
  CHECK(text_of(lister(), document, {{"status", "all"}}) ==
        "## Servers (all)\n\n| mail | open |\n| a\\|b c |  |\n\n- r1\n- r2");
  CHECK(text_of(lister(), {{"servers", json::array()}}, {{"status", "open"}}) ==
        "None with status open.");
}

TEST_CASE("what was cut and how to go on is never left out of a declared text") {
  const json document{{"servers", {{{"id", "r1"}}}},
                      {"next_cursor", "abc"},
                      {"_cut", {{"notice", "Ask for less."}}}};
  const std::string text = text_of(lister(), document, json::object());
  CHECK_THAT(text, contains("next_cursor: abc"));
  CHECK_THAT(text, contains("Ask for less."));
}

TEST_CASE("what a document holds is never taken for a template") {
  Tool tool;
  tool.result.text = "{{id}} is {{status}} {{unknown}}{{open";
  CHECK(text_of(tool, {{"id", "{{status}}"}, {"status", 7}}, {{"status", "no"}}) ==
        "{{status}} is 7 {{open");
  CHECK(text_of(tool, nullptr, json::object()) == "Done.");
  CHECK(text_of(Tool{}, {{"id", "x"}}, json::object()) == "id: x");
}

}  // namespace
}  // namespace factory::mcp
