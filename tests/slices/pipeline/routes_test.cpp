#include "tests/slices/pipeline/rest.hpp"
#include "tests/support/catch.hpp"

/// Pipelines as REST changes them, on a real server.
namespace factory::test {
namespace {

using nlohmann::json;

}  // namespace

TEST_CASE("a new pipeline stands at its first work", "[pipeline][rest]") {
  Rest rest;
  const Answered made = rest.ask("pipeline.create", with({{"name", "ghl-mcp-server"},
                                                          {"platform", "go-high-level"},
                                                          {"config", {{"runtime", "node"}}},
                                                          {"priority", "high"},
                                                          {"assignee_id", "owner"},
                                                          {"parameters", {{"min_coverage", 70}}}}));
  REQUIRE(made.status == 201);
  const json& doc = made.body;
  CHECK(doc["status"] == "active");
  CHECK(doc["current_stage"] == "scaffolding");
  CHECK(doc["priority"] == "high");
  CHECK(doc["created_by"] == "owner");
  CHECK(doc["assignee_id"] == "owner");
  CHECK(doc["config"] == json{{"runtime", "node"}});
  CHECK(doc["template"]["name"] == "mcp-server-standard");
  CHECK(doc["parameters"]["min_coverage"] == 70);
  CHECK(doc["parameters"]["review_approvals"] == 1);
  CHECK(doc["waiting_for"]["kind"] == "work");
  CHECK(doc["waiting_for"]["stage"] == "scaffolding");
  CHECK(made.header("etag") == "\"" + doc["version"].dump() + "\"");
  const json shown = rest.ok("pipeline.get", at(doc["id"]));
  CHECK(shown["stages"] == doc["stages"]);
  CHECK(shown["open_tasks"].empty());
}

TEST_CASE("what no pipeline can be made of is refused by field", "[pipeline][rest]") {
  Rest rest;
  struct Row {
    json body;
    int status;
    const char* code;
    const char* pointer;
    const char* words;
  };
  const std::string large(70 * 1024, 'x');
  const std::vector<Row> table{
      {json::object(), 400, "invalid_request", "/name", "missing"},
      {{{"name", ""}}, 400, "invalid_request", "/name", "at least 1"},
      {{{"name", "  "}}, 400, "invalid_request", "/name", "show something"},
      {{{"name", "a\nb"}}, 400, "invalid_request", "/name", "control"},
      {{{"name", std::string(256, 'x')}}, 400, "invalid_request", "/name", "at most 255"},
      {{{"name", "a"}, {"slug", ""}}, 400, "invalid_request", "/slug", "at least 1"},
      {{{"name", "a"}, {"slug", "A"}}, 400, "invalid_request", "/slug", "single hyphens"},
      {{{"name", "a"}, {"slug", "a--b"}}, 400, "invalid_request", "/slug", "single hyphens"},
      {{{"name", "a"}, {"slug", "a b"}}, 400, "invalid_request", "/slug", "single hyphens"},
      {{{"name", "a"}, {"prioritty", "high"}}, 400, "invalid_request", "/prioritty", "priority"},
      {{{"name", "a"}, {"priority", "urgent"}}, 400, "invalid_request", "/priority", "one of"},
      {{{"name", "a"}, {"template", "mcp-server-standart"}},
       422,
       "unprocessable",
       "/template",
       "none of"},
      {{{"name", "a"}, {"assignee_id", "nobody"}}, 422, "unprocessable", "/assignee_id", "anybody"},
      {{{"name", "a"}, {"config", {{"x", large}}}}, 413, "payload_too_large", "/config", "65536"},
      {{{"name", "a"}, {"config", {1}}}, 400, "invalid_request", "/config", "object"},
      {{{"name", "a"}, {"parameters", {{"min_coverage", 101}}}},
       400,
       "invalid_request",
       "/parameters/min_coverage",
       "at most 100"},
      {{{"name", "a"}, {"parameters", {{"min_coverge", 90}}}},
       400,
       "invalid_request",
       "/parameters/min_coverge",
       "min_coverage"},
  };
  for (const Row& row : table) {
    const Answered answered = rest.ask("pipeline.create", with(row.body));
    INFO(row.pointer << " " << answered.body.dump(2));
    CHECK(answered.status == row.status);
    CHECK(answered.body["code"] == row.code);
    CHECK(answered.names(row.pointer, row.words));
  }
  CHECK(rest.ok("pipeline.list")["pipelines"].empty());
}

TEST_CASE("a pipeline whose gate nobody could decide is refused and says who is missing",
          "[pipeline][rest]") {
  Rest rest;
  const json wanted{{"name", "a"}, {"parameters", {{"production_groups", {"release"}}}}};
  const Answered refused = rest.ask("pipeline.create", with(wanted));
  CHECK(refused.status == 422);
  CHECK(refused.body["code"] == "unsatisfiable");
  CHECK_THAT(refused.body["detail"].get<std::string>(), contains("release"));
  CHECK(refused.names("/template", "gate production"));
  CHECK(rest.ok("pipeline.list")["pipelines"].empty());
  rest.add("rita", "operator", {"release"});
  CHECK(rest.ask("pipeline.create", with(wanted)).status == 201);
}

TEST_CASE("from intake to published, by reports and approvals", "[pipeline][rest]") {
  Rest rest;
  rest.add("bot", "agent");
  const std::string id = rest.pipeline();
  CHECK(rest.report(id, "scaffolding")["current_stage"] == "building");

  const Answered early = rest.ask("pipeline.complete_stage",
                                  at_stage(id, "building", {{"outcome", "succeeded"}}), "bot");
  CHECK(early.status == 422);
  CHECK(early.body["code"] == "checks_failed");
  CHECK_THAT(early.body.dump(), contains("README.md"));

  CHECK(rest.report(id, "building", {{"assets", {{{"name", "README.md"}}}}})["current_stage"] ==
        "testing");
  const json tests{{"tests",
                    {{"junit_xml", "<testsuite name='unit'><testcase name='a'/></testsuite>"},
                     {"coverage", 81.5}}}};
  json doc = rest.report(id, "testing", tests);
  CHECK(doc["current_stage"] == "review");
  CHECK(doc["waiting_for"]["kind"] == "decision");

  doc = rest.approve(id);
  CHECK(doc["current_stage"] == "staging");
  doc = rest.report(id, "staging",
                    {{"tests", {{"passed", 5}, {"failed", 0}}},
                     {"deploy", {{"target", "staging"}, {"succeeded", true}}}});
  CHECK(doc["waiting_for"]["kind"] == "decision");
  doc = rest.approve(id);
  CHECK(doc["current_stage"] == "production");
  CHECK(doc["waiting_for"]["kind"] == "decision");
  CHECK(rest.approve(id)["waiting_for"]["kind"] == "work");
  doc =
      rest.report(id, "production", {{"deploy", {{"target", "production"}, {"succeeded", true}}}});
  CHECK(doc["status"] == "completed");
  CHECK(doc["current_stage"] == "published");
  CHECK(doc["progress_percent"] == 100);
  CHECK(doc["waiting_for"]["kind"] == "nothing");

  const json history = rest.ok("pipeline.stages", at(id));
  std::vector<std::string> way;
  for (const json& step : history["transitions"]) way.insert(way.begin(), step["to"]);
  CHECK(way == std::vector<std::string>{"intake", "scaffolding", "building", "testing", "review",
                                        "staging", "production", "published"});
  CHECK(history["transitions"][0]["by"] == "owner");
}

TEST_CASE("only what a patch names changes", "[pipeline][rest]") {
  Rest rest;
  const std::string id = rest.pipeline({{"assignee_id", "owner"}, {"config", {{"a", 1}}}});
  json doc = rest.ok("pipeline.patch", at(id, {{"priority", "critical"}}));
  CHECK(doc["priority"] == "critical");
  CHECK(doc["assignee_id"] == "owner");
  CHECK(doc["config"] == json{{"a", 1}});
  doc = rest.ok("pipeline.patch",
                at(id, {{"assignee_id", nullptr}, {"config", {{"b", 2}}}, {"description", "x"}}));
  CHECK(doc["assignee_id"].is_null());
  CHECK(doc["config"] == json{{"b", 2}});
  CHECK(doc["description"] == "x");
  CHECK(doc["priority"] == "critical");

  const Answered nobody = rest.ask("pipeline.patch", at(id, {{"assignee_id", "nobody"}}));
  CHECK(nobody.status == 422);
  CHECK(nobody.names("/assignee_id", "anybody"));
  CHECK(rest.ask("pipeline.patch", at(id, json::object())).status == 400);
  Asked stale = at(id, {{"priority", "low"}});
  stale.headers = {{"If-Match", "\"1\""}};
  CHECK(rest.ask("pipeline.patch", stale).status == 412);
  CHECK(rest.ok("pipeline.get", at(id))["priority"] == "critical");
}

TEST_CASE("what waits follows the priority of its pipeline", "[pipeline][rest]") {
  Rest rest;
  const std::string id = rest.in_review();
  rest.ok("pipeline.patch", at(id, {{"priority", "critical"}, {"reason", "customer waits"}}));
  const json waits = rest.ok("pipeline.get", at(id))["waiting_for"];
  Asked approval;
  approval.path = {{"approval_id", waits["approval_id"].get<std::string>()}};
  const json gate = rest.ok("approval.get", approval);
  CHECK(gate["priority"] == "critical");
  Asked asked;
  asked.path = {{"task_id", gate["task_id"].get<std::string>()}};
  const json task = rest.ok("task.get", asked);
  CHECK(task["priority"] == "critical");
  CHECK(rest.ok("approval.list", where({{"status", "pending"}}))["approvals"][0]["priority"] ==
        "critical");
}

TEST_CASE("pausing, failing, retrying and archiving", "[pipeline][rest]") {
  Rest rest;
  const std::string id = rest.pipeline();
  json doc = rest.ok("pipeline.pause", at(id, {{"reason", "waiting for the customer"}}));
  CHECK(doc["status"] == "paused");
  CHECK_THAT(doc["waiting_for"]["what"].get<std::string>(), contains("waiting for the customer"));
  CHECK(rest.ok("pipeline.resume", at(id))["status"] == "active");

  CHECK(rest.ask("pipeline.fail", at(id)).names("/reason", "missing"));
  doc = rest.ok("pipeline.fail", at(id, {{"reason", "the API is gone"}}));
  CHECK(doc["status"] == "failed");
  doc = rest.ok("pipeline.retry", at(id, {{"target_stage", "scaffolding"}}));
  CHECK(doc["waiting_for"]["kind"] == "retry");
  CHECK(rest.approve(id)["status"] == "active");

  const Answered hint = rest.ask("pipeline.archive", at(id));
  CHECK(hint.status == 400);
  CHECK(hint.names("query/archive", "true"));
  CHECK_THAT(hint.body["hint"].get<std::string>(), contains("archive=true"));
  Asked archive = at(id);
  archive.query = {{"archive", true}, {"reason", "dropped"}};
  CHECK(rest.ok("pipeline.archive", archive)["status"] == "archived");
}

TEST_CASE("advancing by hand skips checks for admins only, and never a gate", "[pipeline][rest]") {
  Rest rest;
  rest.add("olga", "operator");
  const std::string id = rest.pipeline();
  CHECK(rest.ok("pipeline.advance", at(id))["current_stage"] == "building");
  CHECK(rest.ask("pipeline.advance", at(id)).body["code"] == "checks_failed");
  const json skip{{"target_stage", "review"}, {"skip_validation", true}};
  CHECK(rest.ask("pipeline.advance", at(id, skip), "olga").status == 403);
  CHECK(rest.ok("pipeline.advance", at(id, skip))["current_stage"] == "review");
  CHECK(rest.ask("pipeline.advance", at(id, {{"skip_validation", true}})).status == 409);
  const Answered nowhere = rest.ask("pipeline.advance", at(id, {{"target_stage", "stagign"}}));
  CHECK(nowhere.status >= 400);
}

TEST_CASE("starting a stage's work makes its approval final", "[pipeline][rest]") {
  Rest rest;
  const std::string id = rest.in_review();
  rest.approve(id);
  const json doc = rest.ok("pipeline.start_stage", at_stage(id, "staging", nullptr));
  CHECK(doc["stages"][5]["name"] == "staging");
  CHECK(doc["stages"][5]["work_started"] == true);
  CHECK(rest.ask("pipeline.start_stage", at_stage(id, "review", nullptr)).status == 409);
}

TEST_CASE("the same Idempotency-Key makes one pipeline", "[pipeline][rest]") {
  Rest rest;
  Asked asked = with({{"name", "once"}});
  asked.headers = {{"Idempotency-Key", "k1"}};
  const Answered first = rest.ask("pipeline.create", asked);
  const Answered again = rest.ask("pipeline.create", asked);
  CHECK(again.status == 201);
  CHECK(again.body == first.body);
  asked.body["name"] = "other";
  CHECK(rest.ask("pipeline.create", asked).status == 422);
  CHECK(rest.ok("pipeline.list")["pipelines"].size() == 1);
}

TEST_CASE("a repeated request is answered as it was, whatever has changed since",
          "[pipeline][rest]") {
  Rest rest;
  rest.add("ann", "operator");
  Asked asked = with({{"name", "once"}, {"assignee_id", "ann"}});
  asked.headers = {{"Idempotency-Key", "k1"}};
  const Answered first = rest.ask("pipeline.create", asked);
  REQUIRE(first.status == 201);
  const json keys = rest.ok("key.list")["keys"];
  for (const json& key : keys) {
    if (key["name"] == "ann") {
      rest.ok("key.revoke", {{{"key_id", key["id"]}}, json::object(), nullptr, {}});
    }
  }
  CHECK(rest.ask("pipeline.create", with({{"name", "x"}, {"assignee_id", "ann"}})).status == 422);
  const Answered again = rest.ask("pipeline.create", asked);
  CHECK(again.status == 201);
  CHECK(again.body == first.body);
  CHECK(again.header("idempotency-replayed") == "true");
}

TEST_CASE("ids of other things, and of none, are not found", "[pipeline][rest]") {
  Rest rest;
  rest.in_review();
  const json task = rest.ok("task.list")["tasks"][0];
  for (const std::string& id :
       {task["id"].get<std::string>(), task["approval_id"].get<std::string>(), std::string("pipe_"),
        std::string("pipe_01993e5a-7c00-7000-8000-00000000dead"), std::string("../keys")}) {
    INFO(id);
    for (const char* operation : {"pipeline.get", "pipeline.stages", "pipeline.test_results",
                                  "pipeline.pause", "pipeline.resume", "pipeline.advance"}) {
      INFO(operation);
      const Answered answered = rest.ask(operation, at(id));
      CHECK(answered.status == 404);
      CHECK(answered.body["code"] == "not_found");
    }
    CHECK(rest.ask("pipeline.add_test_results", at(id, {{"passed", 1}, {"failed", 0}})).status ==
          404);
  }
}

}  // namespace factory::test
