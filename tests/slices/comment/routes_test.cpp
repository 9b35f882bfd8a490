#include <set>

#include "tests/slices/pipeline/rest.hpp"
#include "tests/support/catch.hpp"

/// Comments over HTTP, with what they decide.
namespace factory::test {
namespace {

using nlohmann::json;
using Words = std::vector<std::string>;

Asked on(const std::string& of, const std::string& id, json body = nullptr,
         json query = json::object()) {
  return {{{of + "_id", id}}, std::move(query), std::move(body), {}};
}
Asked comment(const std::string& id, json body = nullptr) {
  return on("comment", id, std::move(body));
}

/// A pipeline in review; alice and bob decide, vera looks, goose is an agent.
struct Talk {
  Talk() {
    rest.add("alice", "operator");
    rest.add("bob", "operator");
    rest.add("erin", "admin");
    rest.add("vera", "viewer");
    rest.add("goose", "agent");
    pipeline = rest.in_review();
    const json doc = rest.ok("pipeline.get", at(pipeline));
    gate = doc.at("waiting_for").at("approval_id");
    task = rest.ok("approval.get", on("approval", gate)).at("task_id");
  }
  json say(const std::string& of, const std::string& id, const std::string& text,
           const std::string& who = "alice") {
    return rest.ok("comment.post_" + of, on(of, id, {{"text", text}}), who);
  }
  Words texts(const std::string& of, const std::string& id, json query = json::object()) {
    Words all;
    const json list = rest.ok("comment.list_" + of, on(of, id, nullptr, std::move(query)), "vera");
    for (const json& one : list.at("comments")) all.push_back(one.at("text"));
    return all;
  }
  json approval() { return rest.ok("approval.get", on("approval", gate)); }
  std::int64_t events() { return rest.core().store().last_position(); }

  Rest rest;
  std::string pipeline, gate, task;
};

TEST_CASE("people and agents comment on pipelines, tasks and approvals, viewers read") {
  Talk talk;
  const json first = talk.say("pipeline", talk.pipeline, "How is it going? @goose @nobody");
  CHECK(first.at("mentions") == json{"goose"});
  CHECK(first.at("unknown_mentions") == json{"nobody"});
  CHECK(first.at("entity_type") == "pipeline");
  CHECK(talk.rest.ok("comment.get", comment(first.at("id")), "vera") == first);
  talk.say("task", talk.task, "Nearly done", "goose");
  talk.say("approval", talk.gate, "I look at it", "bob");

  CHECK(talk.texts("pipeline", talk.pipeline) == Words{"How is it going? @goose @nobody"});
  // An approval and its task are one matter.
  CHECK(talk.texts("task", talk.task) == Words{"Nearly done", "I look at it"});
  CHECK(talk.texts("approval", talk.gate) == Words{"Nearly done", "I look at it"});
  CHECK(talk.texts("pipeline", talk.pipeline, {{"whole", true}}).size() == 3);
  CHECK(talk.texts("approval", talk.gate, {{"order", "newest"}, {"limit", 1}}) ==
        Words{"I look at it"});

  CHECK(
      talk.rest
          .ask("comment.post_pipeline", on("pipeline", talk.pipeline, {{"text", "Me too"}}), "vera")
          .status == 403);
  CHECK(talk.rest.ask("comment.post_task", on("task", "task_none", {{"text", "?"}})).status == 404);
  CHECK(talk.rest.ask("comment.post_task", on("task", talk.pipeline, {{"text", "?"}})).status ==
        404);
  CHECK(talk.rest.ask("comment.list_approval", on("approval", talk.task)).status == 404);
}

TEST_CASE("a long discussion is read page by page, each comment once") {
  Talk talk;
  for (int i = 0; i < 25; ++i) talk.say("pipeline", talk.pipeline, std::to_string(i));
  Words all;
  json query{{"limit", 10}};
  for (;;) {
    const json page =
        talk.rest.ok("comment.list_pipeline", on("pipeline", talk.pipeline, nullptr, query));
    for (const json& one : page.at("comments")) all.push_back(one.at("text"));
    if (page.at("next_cursor").is_null()) break;
    query["cursor"] = page.at("next_cursor");
    talk.say("pipeline", talk.pipeline, "meanwhile");
  }
  CHECK(std::set<std::string>(all.begin(), all.end()).size() == 26);
  CHECK(all.front() == "0");
  CHECK(all.at(24) == "24");
  query["order"] = "newest";
  const Answered wrong =
      talk.rest.ask("comment.list_pipeline", on("pipeline", talk.pipeline, nullptr, query));
  CHECK(wrong.status == 400);
}

TEST_CASE("comments are changed and deleted by their authors, with a trail") {
  Talk talk;
  const std::string id = talk.say("task", talk.task, "The token is s3cret")["id"];
  CHECK(talk.rest.ask("comment.edit", comment(id, {{"text", "?"}}), "bob").status == 403);
  CHECK(talk.rest.ask("comment.delete", comment(id), "bob").status == 403);
  const json edited = talk.rest.ok("comment.edit", comment(id, {{"text", "See @bob"}}), "alice");
  CHECK(edited.at("text") == "See @bob");
  CHECK(edited.at("edits") == 1);
  CHECK(edited.contains("edited_at"));
  const json deleted = talk.rest.ok("comment.delete", comment(id), "erin");
  CHECK(deleted.at("status") == "deleted");
  CHECK(deleted.at("text") == "");
  CHECK(talk.texts("task", talk.task) == Words{""});
  CHECK(talk.rest.ok("comment.delete", comment(id), "erin") == deleted);
  CHECK(talk.rest.ask("comment.edit", comment(id, {{"text", "?"}}), "alice").status == 409);

  const json trail = talk.rest.ok("audit.list", where({{"entity_id", id}, {"order", "asc"}}));
  REQUIRE(trail.at("entries").size() == 3);
  CHECK_THAT(trail.at("entries").at(1).dump(), contains("s3cret"));
}

TEST_CASE("a comment that decides is a vote and a comment, or neither") {
  Talk talk;
  const std::string digest = talk.approval().at("digest");
  const auto decide = [&](const json& body, const std::string& who, const std::string& of,
                          const std::string& id) {
    return talk.rest.ask("comment.post_" + of, on(of, id, body), who);
  };
  const std::int64_t before = talk.events();
  const json approve{{"text", "Fine, @bob"}, {"decision", "approve"}};

  // Refused votes leave nothing behind.
  CHECK(decide(approve, "goose", "approval", talk.gate).status == 403);
  CHECK(decide(approve, "goose", "task", talk.task).body.at("code") == "forbidden");
  json stale = approve;
  stale["digest"] = std::string(64, '0');
  const Answered changed = decide(stale, "alice", "approval", talk.gate);
  CHECK(changed.status == 409);
  CHECK(changed.body.at("code") == "subject_changed");
  CHECK(talk.events() == before);
  CHECK(talk.texts("approval", talk.gate).empty());

  json fresh = approve;
  fresh["digest"] = digest;
  const Answered done = decide(fresh, "alice", "task", talk.task);
  REQUIRE(done.status == 201);
  CHECK(done.body.at("decision") == "approve");
  CHECK(done.body.at("approval") == json{{"id", talk.gate}, {"status", "approved"}});
  const json gate = talk.approval();
  CHECK(gate.at("status") == "approved");
  CHECK(gate.at("votes").at(0).at("person") == "alice");
  CHECK(gate.at("votes").at(0).at("notes") == "Fine, @bob");
  CHECK(gate.at("votes").at(0).at("digest_given") == true);
  CHECK(gate.at("votes").at(0).at("comment_id") == done.body.at("id"));
  CHECK(talk.rest.ok("task.get", on("task", talk.task)).at("status") == "completed");

  // Nothing is decided twice, and no comment says that it did.
  const std::int64_t after = talk.events();
  for (const char* who : {"alice", "bob"}) {
    const Answered late = decide(approve, who, "approval", talk.gate);
    CHECK(late.status == 409);
    CHECK(late.body.at("code") == "already_decided");
  }
  CHECK(talk.events() == after);
  CHECK(talk.texts("approval", talk.gate) == Words{"Fine, @bob"});
}

TEST_CASE("a rejection by comment sends the pipeline back with its text") {
  Talk talk;
  talk.rest.ok(
      "comment.post_approval",
      on("approval", talk.gate, {{"text", "The timeout is untested."}, {"decision", "reject"}}),
      "bob");
  CHECK(talk.approval().at("status") == "rejected");
  const json tasks = talk.rest.ok("task.list", where({{"type", "fix_required"}})).at("tasks");
  REQUIRE(tasks.size() == 1);
  CHECK_THAT(tasks.at(0).at("description").get<std::string>(), contains("timeout is untested"));
}

TEST_CASE("what has no gate takes no decision") {
  Talk talk;
  const Answered body = talk.rest.ask(
      "comment.post_pipeline",
      on("pipeline", talk.pipeline, {{"text", "Go"}, {"decision", "approve"}}), "alice");
  CHECK(body.status == 422);
  CHECK(talk.texts("pipeline", talk.pipeline).empty());
  talk.rest.ok("approval.reject", on("approval", talk.gate, {{"reason", "No"}}), "bob");
  const json tasks = talk.rest.ok("task.list", where({{"type", "fix_required"}})).at("tasks");
  const Answered fix = talk.rest.ask(
      "comment.post_task",
      on("task", tasks.at(0).at("id"), {{"text", "Done"}, {"decision", "approve"}}), "alice");
  CHECK(fix.status == 422);
  CHECK(fix.names("/decision", "is for approvals"));
}

}  // namespace
}  // namespace factory::test
