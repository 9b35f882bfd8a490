// A walk along every endpoint that a platform team counts on, each with the body that it would
// send: the path is there, the body is taken, and the answer has the members that programs read.
#include <algorithm>

#include "common/text.hpp"
#include "tests/http/example_world.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {
namespace {

using nlohmann::json;

/// One step. `{kind}` in path or body stands for something fresh of that kind, as
/// ExampleWorld::fresh makes it.
struct Step {
  const char* method;
  const char* path;
  const char* body;  ///< empty: none
  int status;
  std::vector<std::string> members;  ///< of the answer, or of each entry of a bare list: "a/b/c"
};

const std::vector<Step>& pipelines() {
  static const std::vector<Step> steps{
      {"POST",
       "/v1/pipelines",
       R"({"name": "ghl-mcp-server", "template": "mcp-server-standard", "priority": "high",
           "config": {"platform": "go-high-level", "runtime": "node"}, "assignee_id": "alice"})",
       201,
       {"id", "status", "current_stage", "stages", "priority", "config/runtime", "assignee_id"}},
      {"GET",
       "/v1/pipelines?status=active&stage=scaffolding&page=1&limit=20",
       "",
       200,
       {"pipelines/0/id", "pipelines/0/name", "next_cursor"}},
      {"GET",
       "/v1/pipelines/{pipe}",
       "",
       200,
       {"id", "name", "current_stage", "stages/0/name", "open_tasks", "created_at", "version"}},
      {"PATCH",
       "/v1/pipelines/{pipe}",
       R"({"priority": "critical", "config": {"runtime": "deno"}})",
       200,
       {"priority", "config/runtime"}},
      {"DELETE", "/v1/pipelines/{pipe}?archive=true", "", 200, {"status"}},
      {"GET", "/v1/pipelines/{pipe}/stages", "", 200, {"stages/0/name", "stages/0/status"}},
      {"POST",
       "/v1/pipelines/{pipe with a readme}/stages/advance",
       R"({"target_stage": "testing", "notes": "Scaffolding complete"})",
       200,
       {"current_stage"}},
  };
  return steps;
}

const std::vector<Step>& approvals() {
  static const std::vector<Step> steps{
      {"GET",
       "/v1/approvals?status=pending&pipeline_id={pipe in review}&assignee=me",
       "",
       200,
       {"approvals/0/id", "approvals/0/status", "approvals/0/digest", "next_cursor"}},
      {"GET",
       "/v1/approvals/{gate}",
       "",
       200,
       {"id", "type", "status", "pipeline_id", "stage", "policy", "votes", "requester"}},
      {"POST",
       "/v1/approvals/{gate}/approve",
       R"({"notes": "LGTM, tests passing", "conditions": []})",
       200,
       {"status", "decided_by", "votes/0/person"}},
      {"POST",
       "/v1/approvals/{gate}/reject",
       R"({"reason": "Test coverage below 80%", "requested_changes": ["Add edge case tests"]})",
       200,
       {"status", "reason", "requested_changes/0"}},
      {"POST",
       "/v1/approvals/{gate}/escalate",
       R"({"escalate_to": "carol", "reason": "SLA breach in 2h"})",
       200,
       {"escalations/0/to"}},
  };
  return steps;
}

const std::vector<Step>& tasks() {
  static const std::vector<Step> steps{
      {"GET",
       "/v1/tasks?status=pending&priority=medium&sort=-sla_deadline",
       "",
       200,
       {"tasks/0/id", "tasks/0/status", "tasks/0/priority", "next_cursor"}},
      {"GET",
       "/v1/tasks/{task}",
       "",
       200,
       {"id", "type", "status", "priority", "pipeline_id", "title", "sla_deadline", "approval"}},
      {"POST", "/v1/tasks/{task}/claim", "", 200, {"status", "assignee_id"}},
      {"POST",
       "/v1/tasks/{task}/complete",
       R"({"decision": "approved", "output": {"seen": true}, "notes": "Looked at it."})",
       200,
       {"status", "approval"}},
      {"POST", "/v1/tasks/{task}/reassign", R"({"assignee_id": "carol"})", 200, {"assignee_id"}},
      {"POST",
       "/v1/tasks/bulk",
       R"({"action": "approve", "task_ids": ["{task}"], "notes": "Batch approval"})",
       200,
       {"succeeded", "failed", "results/0/ok"}},
      {"GET",
       "/v1/tasks/stats",
       "",
       200,
       {"pending", "in_progress", "blocked", "avg_wait_time_minutes", "sla_breaches",
        "by_priority/critical", "by_priority/high", "by_priority/medium", "by_priority/low"}},
  };
  return steps;
}

const std::vector<Step>& audit() {
  static const std::vector<Step> steps{
      {"GET",
       "/v1/audit?entity_type=pipeline&entity_id={pipe}&since=2026-02-01",
       "",
       200,
       {"entries/0/id", "entries/0/timestamp", "entries/0/actor/type", "entries/0/actor/id",
        "entries/0/action", "entries/0/entity/type", "entries/0/entity/id", "entries/0/changes",
        "entries/0/metadata"}},
  };
  return steps;
}

const std::vector<Step>& agents() {
  static const std::vector<Step> steps{
      {"GET", "/v1/agents", "", 200, {"agents", "next_cursor"}},
      {"GET",
       "/v1/agents/{agent}",
       "",
       200,
       {"id", "type", "status", "current_task", "pipeline", "health/uptime_seconds",
        "health/tasks_completed_24h", "health/error_rate", "health/last_heartbeat"}},
      {"POST",
       "/v1/agents/{agent}/heartbeat",
       R"({"status": "active", "metrics": {"queue": 3}})",
       200,
       {"status", "health/last_heartbeat"}},
      {"GET",
       "/v1/agents/{agent}/activity?since=2026-02-06T00:00:00Z",
       "",
       200,
       {"entries", "next_cursor"}},
  };
  return steps;
}

const std::vector<Step>& assets() {
  static const std::vector<Step> steps{
      {"GET",
       "/v1/pipelines/{pipe with an asset}/assets?type=code&stage=scaffolding",
       "",
       200,
       {"assets/0/id", "assets/0/path", "assets/0/digest", "next_cursor"}},
      {"GET",
       "/v1/assets/{asset}",
       "",
       200,
       {"id", "pipeline_id", "stage", "type", "size", "digest", "versions/1/version"}},
      {"GET", "/v1/assets/{asset}/download", "", 200, {}},
      {"GET", "/v1/assets/{asset}/diff?from_version=1&to_version=2", "", 200, {"diff"}},
  };
  return steps;
}

/// Their lists are bare arrays.
const std::vector<Step>& reports() {
  static const std::vector<Step> steps{
      {"POST",
       "/api/v1/reports",
       R"({"server_name": "test-mcp-server", "repository_url": "https://github.com/test/test-mcp",
           "developer_email": "test@example.com", "report_data": "# Test Report"})",
       200,
       {"id", "server_name", "repository_url", "developer_email", "report_data", "status",
        "submitted_at", "reviewed_at", "reviewed_by", "review_notes"}},
      {"GET", "/api/v1/reports", "", 200, {"0/id", "0/server_name", "0/status", "0/submitted_at"}},
      {"GET", "/api/v1/reports?status=pending_review", "", 200, {"0/status"}},
      {"GET", "/api/v1/reports/{report}", "", 200, {"id", "report_data", "status"}},
      {"PATCH",
       "/api/v1/reports/{report}/status",
       R"({"status": "approved", "reviewed_by": "platform@example.com",
           "review_notes": "Looks good!"})",
       200,
       {"status", "reviewed_by", "reviewed_at", "review_notes"}},
      {"GET", "/healthz", "", 200, {"status"}},
  };
  return steps;
}

const std::vector<Step>& webhooks() {
  static const std::vector<Step> steps{
      {"POST",
       "/v1/webhooks",
       R"({"url": "https://example.com/webhook",
           "events": ["pipeline.stage_changed", "approval.pending", "task.sla_breached"],
           "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"})",
       201,
       {"id", "url", "events/2", "enabled"}},
      {"GET", "/v1/webhooks", "", 200, {"webhooks/0/url", "next_cursor"}},
      {"GET", "/v1/webhooks/events", "", 200, {"events/0/type", "events/0/summary"}},
      {"GET", "/v1/webhooks/{hook}/deliveries", "", 200, {"deliveries", "next_cursor"}},
      {"POST", "/v1/webhooks/{hook}/rotate", "{}", 200, {"secret", "overlap_until"}},
      {"DELETE", "/v1/webhooks/{hook}", "", 200, {"deleted_by"}}};
  return steps;
}

/// Puts something fresh in the place of every `{kind}` of a text; the braces of JSON hold no kind.
std::string filled(ExampleWorld& world, std::string text) {
  for (const char* kind : {"pipe in review", "pipe with an asset", "pipe with a readme", "pipe",
                           "gate", "task", "agent", "report", "asset", "hook"}) {
    const std::string place = "{" + std::string(kind) + "}";
    if (const auto at = text.find(place); at != std::string::npos) {
      text.replace(at, place.size(), world.fresh(kind));
    }
  }
  return text;
}

void walk(const std::vector<Step>& steps) {
  ExampleWorld world;
  // Something of each kind stands before the lists are read.
  static_cast<void>(world.fresh("pipe"));
  static_cast<void>(world.fresh("task"));
  for (const Step& step : steps) {
    const std::string target = filled(world, step.path);
    const std::string body = filled(world, step.body);
    INFO(step.method << " " << target << " " << body);
    const auto reply =
        world.call("erin", step.method, target, body, body.empty() ? "" : "application/json");
    INFO(reply.body.substr(0, 2000));
    CHECK(reply.status == step.status);
    if (!reply.type.starts_with("application/json")) continue;
    const json answer = reply.json();
    for (const std::string& member : step.members) {
      INFO(member);
      CHECK(answer.contains(json::json_pointer("/" + member)));
    }
  }
}

}  // namespace

TEST_CASE("walk: pipelines and their stages") { walk(pipelines()); }
TEST_CASE("walk: approvals") { walk(approvals()); }
TEST_CASE("walk: the queue of tasks") { walk(tasks()); }
TEST_CASE("walk: the audit trail") { walk(audit()); }

TEST_CASE("walk: agents") { walk(agents()); }
TEST_CASE("walk: assets, uploaded as a form") {
  walk(assets());
  ExampleWorld world;
  const std::string asset = world.fresh("asset");
  const auto download = world.call("erin", "GET", "/v1/assets/" + asset + "/download");
  CHECK(download.body == "export const a = 2;\n");
  CHECK_THAT(download.headers.find("content-disposition")->second, contains("index.ts"));
}
TEST_CASE("walk: webhooks") { walk(webhooks()); }
TEST_CASE("walk: go-live reports") { walk(reports()); }

}  // namespace factory::test
