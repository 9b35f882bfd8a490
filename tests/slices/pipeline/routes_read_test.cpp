#include "tests/slices/pipeline/rest.hpp"
#include "tests/support/catch.hpp"

/// Pipelines, templates and evidence as REST shows them, on a real server.
namespace factory::test {
namespace {

using nlohmann::json;
using Words = std::vector<std::string>;

Words names_of(const json& listed) {
  Words names;
  for (const json& pipeline : listed.at("pipelines")) names.push_back(pipeline.at("name"));
  return names;
}

Asked xml(const std::string& id, const std::string& text, json query = json::object()) {
  Asked asked = at(id, text);
  asked.query = std::move(query);
  return asked;
}

/// A pipeline that stands at testing.
std::string in_testing(Rest& rest) {
  const std::string id = rest.pipeline();
  rest.report(id, "scaffolding");
  rest.report(id, "building", {{"assets", {{{"name", "README.md"}}}}});
  return id;
}

}  // namespace

TEST_CASE("pipelines are listed by what they are filtered by", "[pipeline][rest]") {
  Rest rest;
  const std::string first = rest.pipeline({{"name", "first"}, {"priority", "low"}});
  rest.pipeline({{"name", "second"}, {"priority", "critical"}, {"assignee_id", "owner"}});
  const std::string gone = rest.pipeline({{"name", "gone"}});
  Asked archive = at(gone);
  archive.query = {{"archive", true}};
  rest.ok("pipeline.archive", archive);
  rest.ok("pipeline.pause", at(first));

  const auto list = [&](const json& query) {
    return names_of(rest.ok("pipeline.list", where(query)));
  };
  CHECK(list(json::object()) == Words{"second", "first"});
  CHECK(list({{"status", "all"}}) == Words{"gone", "second", "first"});
  CHECK(list({{"status", "archived"}}) == Words{"gone"});
  CHECK(list({{"status", "paused"}}) == Words{"first"});
  CHECK(list({{"stage", "scaffolding"}}) == Words{"second", "first"});
  CHECK(list({{"stage", "testing"}}).empty());
  CHECK(list({{"priority", "low"}}) == Words{"first"});
  CHECK(list({{"assignee", "me"}}) == Words{"second"});
  CHECK(list({{"assignee", "owner"}, {"priority", "low"}}).empty());
  CHECK(list({{"stage", "scaffolding"}, {"priority", "low"}}) == Words{"first"});
  CHECK(list({{"template", "mcp-server-standard"}}) == Words{"second", "first"});
  CHECK(list({{"template", "other"}}).empty());
  CHECK(list({{"pipeline_id", gone}}) == Words{"gone"});
  CHECK(rest.ask("pipeline.list", where({{"pipeline_id", "pipe_x"}})).status == 404);
  CHECK(rest.ask("pipeline.list", where({{"status", "activ"}})).names("query/status", "active"));
  CHECK(rest.ask("pipeline.list", where({{"stauts", "active"}})).names("query/stauts", "status"));
}

TEST_CASE("a list is paged and says what it holds", "[pipeline][rest]") {
  Rest rest;
  for (const char* name : {"a", "b", "c"}) rest.pipeline({{"name", name}});
  const Answered first = rest.ask("pipeline.list", where({{"limit", 2}}));
  CHECK(names_of(first.body) == Words{"c", "b"});
  CHECK_THAT(first.body["summary"].get<std::string>(), contains("more follow"));
  CHECK_THAT(first.header("link"), contains("cursor="));
  const json second =
      rest.ok("pipeline.list", where({{"limit", 2}, {"cursor", first.body["next_cursor"]}}));
  CHECK(names_of(second) == Words{"a"});
  CHECK(second["next_cursor"].is_null());
  CHECK(second["summary"] == "1 pipeline: 1 active.");
  CHECK(names_of(rest.ok("pipeline.list", where({{"limit", 2}, {"page", 2}}))) == Words{"a"});
  CHECK(rest.ask("pipeline.list", where({{"cursor", "x"}})).status == 400);
}

TEST_CASE("details show stages, open tasks and who can decide", "[pipeline][rest]") {
  Rest rest;
  const std::string id = rest.in_review();
  const json compact = rest.ok("pipeline.list")["pipelines"][0];
  CHECK_FALSE(compact.contains("stages"));
  CHECK_FALSE(compact.contains("config"));
  CHECK(compact["waiting_for"]["kind"] == "decision");
  CHECK(compact["waiting_for"]["who"] == Words{"owner"});

  const json detailed =
      rest.ok("pipeline.list", where({{"pipeline_id", id}, {"details", true}}))["pipelines"][0];
  json without_assets = detailed;  // a list alone has them: most who read one do not ask
  CHECK(without_assets.erase("assets") == 1);
  CHECK(without_assets == rest.ok("pipeline.get", at(id)));
  CHECK(detailed["stages"].size() == 8);
  REQUIRE(detailed["open_tasks"].size() == 1);
  CHECK(detailed["open_tasks"][0]["type"] == "approval");
  CHECK(detailed["open_tasks"][0]["id"] == detailed["waiting_for"]["task_id"]);
}

TEST_CASE("a JUnit report is taken as the body, counted, kept and shown", "[pipeline][rest]") {
  Rest rest;
  const std::string id = in_testing(rest);
  const std::string report =
      "<testsuite name='unit' tests='9'><testcase name='a'/><testcase classname='g' name='b'>"
      "<failure message='1 != 2'/></testcase></testsuite>";
  const json receipt = rest.ok("pipeline.add_test_results", xml(id, report, {{"coverage", 79.5}}));
  CHECK(receipt["stage"] == "testing");
  CHECK(receipt["tests"]["passed"] == 1);
  CHECK(receipt["tests"]["failed"] == 1);
  CHECK(receipt["checks_failing"].size() == 2);
  CHECK_THAT(receipt["notes"][0].get<std::string>(), contains("says 9 tests but holds 2"));
  CHECK(receipt["open_fixes"].size() == 1);
  const auto kept = rest.core().blobs().get(receipt["tests"]["report_digest"]);
  REQUIRE(kept.has_value());
  CHECK(*kept == report);

  const json shown = rest.ok("pipeline.test_results", at(id));
  REQUIRE(shown["results"].size() == 1);
  CHECK(shown["results"][0]["stage"] == "testing");
  CHECK(shown["results"][0]["tests"]["coverage"] == 79.5);
  CHECK(shown["results"][0]["tests"]["failures"][0] ==
        json{{"name", "g.b"}, {"message", "1 != 2"}});
  CHECK(shown["summary"] == "testing: 1 passed, 1 failed, 0 skipped, coverage 79.5 %.");
  CHECK(rest.ok("pipeline.get", at(id))["current_stage"] == "testing");
}

TEST_CASE("test results that cannot be are refused and change nothing", "[pipeline][rest]") {
  Rest rest;
  const std::string id = in_testing(rest);
  const json before = rest.ok("pipeline.get", at(id));
  struct Row {
    json body;
    int status;
    const char* pointer;
    const char* words;
  };
  const std::vector<Row> table{
      {json::object(), 400, "/passed", "missing"},
      {{{"passed", 1}}, 400, "/failed", "missing"},
      {{{"passed", -1}, {"failed", 0}}, 400, "/passed", "at least 0"},
      {{{"passed", 10000001}, {"failed", 0}}, 400, "/passed", "at most"},
      {{{"passed", 1}, {"failed", 0}, {"coverage", 100.5}}, 400, "/coverage", "at most 100"},
      {{{"passed", 1}, {"failed", 0}, {"failures", {{{"name", "a"}}}}}, 400, "/failures", "more"},
      {{{"passed", 1}, {"failed", 0}, {"junit_xml", "<testsuite/>"}}, 400, "/passed", "beside"},
      {{{"junit_xml", "<testsuite>\n<x>"}}, 422, "/junit_xml", "line 2"},
      {{{"junit_xml", "<!DOCTYPE x><testsuite/>"}}, 422, "/junit_xml", "DOCTYPE"},
      {{{"passed", 1}, {"failed", 0}, {"stage", "nowhere"}}, 400, "/stage", "none of"},
  };
  for (const Row& row : table) {
    const Answered answered = rest.ask("pipeline.add_test_results", at(id, row.body));
    INFO(answered.body.dump(2));
    CHECK(answered.status == row.status);
    CHECK(answered.names(row.pointer, row.words));
  }
  const Answered malformed =
      rest.ask("pipeline.add_test_results", xml(id, "<testsuite>\n  <testcase name='a'>\n"));
  CHECK(malformed.status == 422);
  CHECK(malformed.body["line"] == "3");
  CHECK_THAT(malformed.body["detail"].get<std::string>(), contains("line 3"));
  Asked html = xml(id, "<html/>");
  html.headers = {{"Content-Type", "text/html"}};
  CHECK(rest.ask("pipeline.add_test_results", html).status >= 400);
  CHECK(rest.ask("pipeline.add_test_results", xml(id, "")).status == 400);
  CHECK(rest.ok("pipeline.get", at(id)) == before);
}

TEST_CASE("evidence of a report is named by the field that is wrong", "[pipeline][rest]") {
  Rest rest;
  const std::string id = in_testing(rest);
  const auto refused = [&](const json& body) {
    return rest.ask("pipeline.complete_stage", at_stage(id, "testing", body));
  };
  CHECK(refused(json::object()).names("/outcome", "missing"));
  CHECK(refused({{"outcome", "done"}}).names("/outcome", "succeeded"));
  CHECK(refused({{"outcome", "succeeded"}, {"tests", {{"junit_xml", "<a/>"}}}})
            .names("/tests/junit_xml", "the root element is <a>"));
  CHECK(refused({{"outcome", "succeeded"}, {"tests", json::object()}})
            .names("/tests/passed", "missing"));
  CHECK(refused({{"outcome", "succeeded"}, {"deploy", {{"target", "x"}}}})
            .names("/deploy/succeeded", "missing"));
  CHECK(refused({{"outcome", "succeeded"}, {"assets", {{{"name", ""}}}}})
            .names("/assets/0/name", "at least 1"));
  CHECK(rest.ask("pipeline.complete_stage", at_stage(id, "production", {{"outcome", "succeeded"}}))
            .status == 409);
}

TEST_CASE("templates are listed without, and shown with, their definition", "[template][rest]") {
  Rest rest;
  const json listed = rest.ok("template.list");
  REQUIRE(listed["templates"].size() == 1);
  CHECK(listed["templates"][0]["name"] == "mcp-server-standard");
  CHECK(listed["templates"][0]["parameters"]["min_coverage"]["default"] == 80);
  CHECK_FALSE(listed["templates"][0].contains("definition"));
  CHECK(listed["summary"] == "1 template: mcp-server-standard.");

  const Asked one{{{"name", "mcp-server-standard"}}, json::object(), nullptr, {}};
  const json shown = rest.ok("template.get", one);
  CHECK(shown["definition"]["stages"].size() == 8);
  CHECK(shown["digest"] == listed["templates"][0]["digest"]);
  const Asked other{{{"name", "mcp-server-standart"}}, json::object(), nullptr, {}};
  const Answered missing = rest.ask("template.get", other);
  CHECK(missing.status == 404);
  CHECK_THAT(missing.body["hint"].get<std::string>(), contains("mcp-server-standard"));
}

}  // namespace factory::test
