#include "queries/audit.hpp"
#include "slices/key/key.hpp"
#include "slices/pipeline/pipeline.hpp"
#include "tests/slices/queries_world.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {
namespace {

using nlohmann::json;

Ask where(json query) {
  Ask ask;
  ask.query = std::move(query);
  return ask;
}

json entries(World& world, json query) {
  return world.ok(vera, "audit.list", where(std::move(query))).at("entries");
}

std::vector<std::string> actions(const json& entries) {
  std::vector<std::string> all;
  for (const json& entry : entries) all.push_back(entry.at("action"));
  return all;
}

using Actions = std::vector<std::string>;

Ask claim(const std::string& task) {
  Ask ask;
  ask.path = {{"task_id", task}};
  return ask;
}

TEST_CASE("an entry says who did what, on what, over which channel, and what it changed") {
  World world(cast());
  const std::string task = world.task("pipe_a", "review", Priority::medium);
  world.clock.advance(Millis{1000});
  world.ok(over("discord", bob), "task.claim", claim(task));
  const json entry = entries(world, {{"entity_id", task}}).at(0);
  CHECK(entry.at("id") == "audit_2");
  CHECK(entry.at("timestamp") == format_time(story_start + Millis{1000}));
  CHECK(entry.at("actor") ==
        json{{"type", "person"}, {"id", "bob"}, {"name", "bob"}, {"channel", "discord"}});
  CHECK(entry.at("action") == "task.claimed");
  CHECK(entry.at("entity") == json{{"type", "task"}, {"id", task}});
  CHECK(entry.at("changes").at("status") == json{{"from", "pending"}, {"to", "claimed"}});
  CHECK(entry.at("changes").at("claimed_by") == json{{"from", nullptr}, {"to", "bob"}});
  CHECK(entry.at("metadata").at("request_id") == "req_test");
  CHECK(entry.at("metadata").at("version") == 2);
  CHECK(entry.at("metadata").at("hash").get<std::string>().size() == 64);
}

TEST_CASE("a decision leaves its trail on the gate, the task and the pipeline") {
  World world(cast());
  const std::string pipeline = world.in_review("mail");
  const json task = world.approval_task(pipeline);
  Ask approve = claim(task.at("id"));
  approve.body = {{"decision", "approved"}, {"notes", "good"}};
  world.ok(ada, "task.complete", approve);
  const json gate = entries(world, {{"entity_id", task.at("approval_id")}, {"order", "asc"}});
  CHECK(actions(gate) == Actions{"approval.pending", "approval.voted", "approval.approved"});
  CHECK(gate[1].at("metadata").at("data").at("digest_given") == false);
  CHECK(gate[2].at("entity").at("type") == "approval");
  CHECK(gate[2].at("changes").at("status") == json{{"from", "pending"}, {"to", "approved"}});
  const json moved = entries(world, {{"action", "pipeline.stage_changed"}, {"limit", 1}}).at(0);
  CHECK(moved.at("changes").at("current_stage") == json{{"from", "review"}, {"to", "staging"}});
  CHECK(moved.at("actor").at("id") == "ada");
}

TEST_CASE("the trail is filtered by kind, action, actor and time") {
  World world(cast());
  const std::string a = world.task("pipe_a", "review", Priority::medium);
  world.clock.advance(Millis{60'000});
  world.ok(bob, "task.claim", claim(a));
  world.clock.advance(Millis{60'000});
  world.ok(bob, "task.release", claim(a));
  world.pipeline("mail");
  const auto of = [&](json query) {
    query["order"] = "asc";
    query["entity_id"] = a;
    return actions(entries(world, std::move(query)));
  };
  CHECK(of(json::object()) == Actions{"task.created", "task.claimed", "task.released"});
  CHECK(of({{"action", "task.claimed"}}) == Actions{"task.claimed"});
  CHECK(of({{"actor", "bob"}}) == Actions{"task.claimed", "task.released"});
  CHECK(of({{"entity_type", "task"}, {"action", "task.released"}}) == Actions{"task.released"});
  CHECK(of({{"entity_type", "pipeline"}}).empty());
  CHECK(of({{"entity_type", "pipeline"}, {"action", "task.claimed"}}).empty());
  CHECK(of({{"since", format_time(minute(1))}}) == Actions{"task.claimed", "task.released"});
  CHECK(of({{"until", format_time(minute(1))}}) == Actions{"task.created", "task.claimed"});
  CHECK(of({{"since", "2026-03-02"}}).size() == 3);
  CHECK(of({{"since", "2026-03-03"}}).empty());
  CHECK(of({{"until", "2026-03-02"}}).empty());
  const json pipelines = entries(world, {{"entity_type", "pipeline"}, {"order", "asc"}});
  CHECK(actions(pipelines).at(0) == "pipeline.created");
  CHECK(pipelines[0].at("changes").at("name") == json{{"from", nullptr}, {"to", "mail"}});
  CHECK(pipelines[1].at("changes").at("current_stage") == json{{"from", ""}, {"to", "intake"}});
}

TEST_CASE("the trail goes on by cursor in both directions") {
  World world(cast());
  const std::string task = world.task("pipe_a", "review", Priority::medium);
  for (int i = 0; i < 3; ++i) {
    world.ok(bob, "task.claim", claim(task));
    world.ok(bob, "task.release", claim(task));
  }
  for (const char* order : {"asc", "desc"}) {
    std::vector<int> seen;
    json query{{"order", order}, {"limit", 3}};
    for (int page = 0; page < 10; ++page) {
      const json answer = world.ok(vera, "audit.list", where(query));
      for (const json& entry : answer.at("entries")) {
        seen.push_back(entry.at("metadata").at("position"));
      }
      if (answer.at("next_cursor").is_null()) break;
      query["cursor"] = answer.at("next_cursor");
    }
    std::vector<int> expected{1, 2, 3, 4, 5, 6, 7};
    if (std::string(order) == "desc") std::reverse(expected.begin(), expected.end());
    CHECK(seen == expected);
  }
}

TEST_CASE("a time or cursor that cannot be read is refused by name") {
  World world(cast());
  const auto pointer = [&](json query) {
    const Error error = world.refused(vera, "audit.list", where(std::move(query)));
    CHECK(error.code == ErrorCode::invalid_request);
    return error.fields.at(0).pointer;
  };
  CHECK(pointer({{"since", "yesterday"}}) == "query/since");
  CHECK(pointer({{"until", "2026-13-01"}}) == "query/until");
  CHECK(pointer({{"cursor", "12x"}}) == "query/cursor");
  CHECK(pointer({{"cursor", "-1"}}) == "query/cursor");
}

TEST_CASE("the trail never shows the hash of a key, and cuts what is long") {
  storage::EventRecord event;
  event.position = 7;
  event.stream = "key_1";
  event.version = 1;
  event.type = "key.created";
  event.actor = "ada";
  event.body = json{{"actor", {{"type", "person"}, {"id", "ada"}, {"channel", "rest"}}},
                    {"data",
                     {{"name", "bob"},
                      {"secret_hash", "5f70bf18a086007016e948b04aed3b82"},
                      {"note", std::string(9000, 'n')}}}}
                   .dump();
  const json entry = queries::audit_entry(event, json::object());
  CHECK(entry.at("metadata").at("data").at("name") == "bob");
  CHECK_THAT(entry.dump(), !contains("5f70bf18"));
  CHECK(entry.dump().size() < 2500);
}

TEST_CASE("search finds what the index has read and says how far that is") {
  World world(cast());
  const std::string pipeline = world.in_review("mail server");
  const std::string gate = world.approval_task(pipeline).at("approval").at("id");
  const auto position = world.store().last_position();
  world.services().search.put({{pipeline, "pipeline", "mail server", "mail server go"},
                               {gate, "gate", "Review of mail server", "mail review"},
                               {"pipe_archived", "pipeline", "mail of old", "mail"}},
                              position);
  const json found = world.ok(vera, "search", where({{"q", "mail"}}));
  CHECK(found.at("results").size() == 2);
  CHECK(found.at("behind") == 0);
  CHECK(found.at("indexed_through") == position);
  const json gates =
      world.ok(vera, "search", where({{"q", "mail"}, {"entity_types", {"approval"}}}));
  REQUIRE(gates.at("results").size() == 1);
  CHECK(gates.at("results")[0].at("type") == "approval");
  CHECK(gates.at("results")[0].at("id") == gate);
  const json none = world.ok(vera, "search", where({{"q", "nothing"}}));
  CHECK(none.at("summary") == "Nothing holds all of these words.");
  world.pipeline("newer");
  const json behind = world.ok(vera, "search", where({{"q", "newer"}}));
  CHECK(behind.at("behind").get<int>() > 0);
  CHECK_THAT(behind.at("summary").get<std::string>(), contains("not in the index yet"));
}

}  // namespace
}  // namespace factory::test
