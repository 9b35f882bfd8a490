#include <limits>
#include <set>

#include "tests/slices/task/support.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {
namespace {

using nlohmann::json;

/// "key=value@rank" of all entries; `at` is looked at on its own.
std::set<std::string> keys(const Shown& view) {
  std::set<std::string> all;
  for (const IndexEntry& entry : view.index) {
    all.insert(entry.key + "=" + entry.value + "@" + std::to_string(entry.rank));
  }
  return all;
}

std::int64_t at(const Shown& view, const std::string& key) {
  for (const IndexEntry& entry : view.index) {
    if (entry.key == key) return entry.at;
  }
  throw std::logic_error("no entry " + key);
}

TEST_CASE("a new task's document says what waits, since when and until when") {
  const Shown view = open_task(task::Type::approval).view("task_1");
  const json expected{{"id", "task_1"},
                      {"type", "approval"},
                      {"title", "Look at it"},
                      {"description", "The report is attached"},
                      {"context", {{"coverage", 91}}},
                      {"pipeline_id", "pipe_1"},
                      {"pipeline_name", "mail-server"},
                      {"stage", "review"},
                      {"approval_id", "gate_1"},
                      {"status", "pending"},
                      {"priority", "medium"},
                      {"blocks_stage_advance", true},
                      {"sla_deadline", format_time(minute(120))},
                      {"sla_warning_at", format_time(minute(60))},
                      {"sla_breached", false},
                      {"escalation_level", 0},
                      {"waiting_since", format_time(story_start)},
                      {"created_at", format_time(story_start)}};
  CHECK(view.doc == expected);
  CHECK(view.status == "pending");
  CHECK(view.text == "Look at it\nThe report is attached\nmail-server\nreview");
}

TEST_CASE("an open task stands in the queue's indexes by priority and deadline") {
  const Shown view = open_task().view();
  CHECK(keys(view) == std::set<std::string>{"task.open=@2", "task.open.due=@0",
                                            "task.open.pipeline=pipe_1@2", "task.pipeline=pipe_1@0",
                                            "blocker=@2", "blocker.pipeline=pipe_1@2"});
  CHECK(at(view, "task.open") == to_millis(minute(120)));
  CHECK(at(view, "task.open.due") == to_millis(minute(120)));
  CHECK(at(view, "blocker") == to_millis(story_start));
  CHECK(at(view, "task.pipeline") == to_millis(story_start));
}

TEST_CASE("a task without a deadline comes after those with one") {
  TaskSpec spec = open_task();
  spec.when(task::PauseClock{});
  const Shown view = spec.view();
  CHECK(at(view, "task.open.due") == std::numeric_limits<std::int64_t>::max());
  CHECK(view.doc.at("sla_paused_since") == format_time(story_start));
  CHECK_FALSE(view.doc.contains("sla_deadline"));
}

TEST_CASE("a claim shows as the holder and counts as being worked on") {
  TaskSpec spec = open_task();
  spec.as(person("carl")).at(minute(5)).when(task::Claim{});
  const Shown view = spec.view();
  CHECK(view.doc.at("assignee_id") == "carl");
  CHECK(view.doc.at("claimed_by") == "carl");
  CHECK(view.doc.at("claimed_at") == format_time(minute(5)));
  CHECK(keys(view).count("task.open.assignee=carl@2") == 1);
  CHECK(keys(view).count("task.open.status=claimed@2") == 1);
}

TEST_CASE("a breach, a priority and an escalation show") {
  TaskSpec spec = open_task();
  spec.run_until(minute(300));
  spec.when(task::SetPriority{Priority::critical, "", false});
  const Shown view = spec.view();
  CHECK(view.status == "escalated");
  CHECK(view.doc.at("sla_breached") == true);
  CHECK(view.doc.at("escalation_level") == 1);
  CHECK(view.doc.at("priority") == "critical");
  CHECK(keys(view).count("task.open.breached=@0") == 1);
  CHECK(keys(view).count("task.open.status=escalated@0") == 1);
  CHECK(keys(view).count("task.open=@0") == 1);
}

TEST_CASE("a closed task keeps its decision and leaves the queue") {
  TaskSpec spec = open_task();
  spec.as(person("carl")).at(minute(7));
  SECTION("completed") {
    spec.when(task::Complete{"rejected", "no tests", {R"({"severity":"major"})"}});
    const json doc = spec.view().doc;
    CHECK(doc.at("decision") == "rejected");
    CHECK(doc.at("decision_notes") == "no tests");
    CHECK(doc.at("decision_data") == json{{"severity", "major"}});
    CHECK(doc.at("decided_by") == "carl");
    CHECK(doc.at("decided_at") == format_time(minute(7)));
  }
  SECTION("cancelled") {
    spec.when(task::Cancel{"the pipeline was archived"});
    CHECK(spec.view().doc.at("cancel_reason") == "the pipeline was archived");
  }
  CHECK(keys(spec.view()) == std::set<std::string>{"task.pipeline=pipe_1@0"});
}

TEST_CASE("a task that blocks nothing is no blocker") {
  TaskSpec spec(staff());
  auto created = task_created();
  created.blocks = false;
  spec.when(task::Create{created});
  CHECK(keys(spec.view()).count("blocker=@2") == 0);
  CHECK(spec.view().doc.at("blocks_stage_advance") == false);
}

}  // namespace
}  // namespace factory::test
