#include "tests/slices/queries_world.hpp"

#include <stdexcept>

#include "common/schema.hpp"
#include "flows/flows.hpp"
#include "flows/slices.hpp"
#include "queries/routes.hpp"
#include "slices/gate/gate.hpp"
#include "slices/gate/routes.hpp"
#include "slices/task/routes.hpp"
#include "slices/task/task.hpp"
#include "storage/open.hpp"
#include "tests/slices/pipeline/support.hpp"
#include "tests/slices/task/support.hpp"

namespace factory::test {
namespace {

using nlohmann::json;

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error(what); }

void check(const json& schema, const json& value, const std::string& what) {
  const auto wrong = validate(schema, value);
  if (wrong.empty()) return;
  fail(what + " " + wrong.front().pointer + " " + wrong.front().detail + ": " + value.dump());
}

}  // namespace

std::vector<Principal> cast() { return {ada, bob, carl, vera, bot}; }

World::World(const std::vector<Principal>& everybody)
    : clock(format_time(story_start)), catalog_(Catalog::embedded()) {
  people(everybody);
  store_ = storage::open_sqlite(dir_ / "factory.db");
  search_ = storage::open_sqlite_search(dir_ / "search.db");
  blobs_ = storage::open_file_blobs(dir_ / "blobs");
  engine::RunnerParts parts{*store_,
                            clock,
                            ids_,
                            all_slices(),
                            flows::follow,
                            [this] { return people_; },
                            {},
                            {},
                            {},
                            [](const std::string& reason) { fail(reason); }};
  runner_ = std::make_unique<engine::Runner>(std::move(parts));
  services_ =
      std::make_unique<Services>(Services{*runner_, *store_, *search_, *blobs_, clock, ids_,
                                          *catalog_, templates_, [this] { return people_; }});
  task::bind_routes(handlers_, *services_);
  gate::bind_routes(handlers_, *services_);
  queries::bind_routes(handlers_, *services_);
}

void World::people(const std::vector<Principal>& everybody) {
  people_ = std::make_shared<const Directory>(directory(everybody));
}

Result<http::Answer> World::send(const Principal& who, const std::string& operation, Ask ask) {
  const Route* route = catalog_->route(operation);
  if (route == nullptr) fail("no route " + operation);
  check(route->query, ask.query, operation + " query");
  check(route->body, ask.body, operation + " body");
  fill_defaults(route->query, ask.query);
  fill_defaults(route->body, ask.body);
  http::Request request;
  request.route = route;
  request.principal = who;
  request.fingerprint = json{operation, ask.path, ask.query, ask.body}.dump();
  request.path = std::move(ask.path);
  request.query = std::move(ask.query);
  request.body = std::move(ask.body);
  request.idempotency_key = std::move(ask.idempotency_key);
  request.if_match = ask.if_match;
  request.request_id = "req_test";
  auto answer = handlers_.all().at(operation)(request);
  const http::Completion completion = handlers_.completion_of(operation);
  if (answer && completion) completion(request, *answer);
  if (answer) check(route->response, json::parse(answer->body), operation + " answer");
  return answer;
}

json World::ok(const Principal& who, const std::string& operation, Ask ask) {
  const auto answer = send(who, operation, std::move(ask));
  if (!answer) fail(operation + " was refused: " + answer.error().detail);
  return json::parse(answer->body);
}

Error World::refused(const Principal& who, const std::string& operation, Ask ask) {
  auto answer = send(who, operation, std::move(ask));
  if (answer) fail(operation + " was not refused: " + answer->body);
  return answer.error();
}

void World::run(const Principal& who, const std::string& stream, std::any command) {
  engine::Call call;
  call.command = {stream, std::move(command)};
  call.actor = who;
  call.reply = [](const engine::Written&) { return engine::Reply{}; };
  if (const auto reply = runner_->run(std::move(call)); !reply) fail(reply.error().detail);
}

std::string World::pipeline(const std::string& name, Priority priority, const GatePolicy& review) {
  pipeline::Created created = pipeline_created();
  created.name = name;
  created.priority = priority;
  Plan plan = small_plan();
  plan.sla = task_sla;
  for (StagePlan& stage : plan.stages) {
    if (stage.name == "review") stage.gate->policy = review;
  }
  created.plan = std::make_shared<const Plan>(std::move(plan));
  const std::string id = ids_.next(clock.now()).make("pipe");
  run(bob, id, pipeline::Command{pipeline::Create{std::move(created)}});
  return id;
}

std::string World::in_review(const std::string& name, Priority priority, const GatePolicy& review) {
  const std::string id = pipeline(name, priority, review);
  run(bot, id, pipeline::Command{pipeline::CompleteWork{"building", true, built()}});
  run(bot, id, pipeline::Command{pipeline::CompleteWork{"testing", true, tested()}});
  return id;
}

std::string World::task(const std::string& pipeline, const std::string& type, Priority priority) {
  task::Created created = task_created(enum_from<task::Type>(type).value());
  created.pipeline_id = pipeline;
  created.pipeline_name = pipeline;
  created.priority = priority;
  created.title = type + " of " + pipeline;
  const std::string id = ids_.next(clock.now()).make("task");
  run(Principal{}, id, task::Command{task::Create{std::move(created)}});
  return id;
}

json World::approval_task(const std::string& pipeline) {
  const json listed =
      ok(ada, "task.list", {{}, {{"pipeline_id", pipeline}, {"type", "approval"}}, {}, "", {}});
  return listed.at("tasks").at(0);
}

json World::doc(const std::string& id) {
  const auto row = store_->get_view(id);
  return row ? json::parse(row->doc) : json(nullptr);
}

void World::fire(const std::string& stream, const std::string& timer) {
  run(Principal{}, stream, task::Command{task::TimerFired{timer}});
}

}  // namespace factory::test
