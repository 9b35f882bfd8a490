#include "tests/http/example_world.hpp"

#include <functional>
#include <stdexcept>

#include "common/paths.hpp"
#include "common/text.hpp"
#include "http/target.hpp"
#include "tests/support/fake_clock.hpp"

namespace factory::test {

namespace {

using nlohmann::json;

constexpr std::string_view id_middle = "_01993e5a-7c00-7000-8000-";
constexpr std::string_view shown_digest =
    "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef";

/// Calls `visit` with every string in a value, which it may change.
void each_text(json& value, const std::function<void(std::string&)>& visit) {
  if (value.is_string()) return visit(value.get_ref<std::string&>());
  if (!value.is_structured()) return;
  for (json& part : value) each_text(part, visit);
}

bool is_example_id(const std::string& text) { return text.find(id_middle) != std::string::npos; }

std::string prefix_of(const std::string& id) { return id.substr(0, id.find('_')); }

std::string text_of(const json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string target_of(const Route& route, const json& example) {
  std::string target = route.path;
  const json in_path = example.value("path", json::object());
  for (const auto& [name, value] : in_path.items()) {
    const std::string place = "{" + name + "}";
    target.replace(target.find(place), place.size(), http::percent_encode(text_of(value)));
  }
  char before = '?';
  const json in_query = example.value("query", json::object());
  for (const auto& [name, value] : in_query.items()) {
    std::string text;
    if (value.is_array()) {
      for (const json& item : value) text += (text.empty() ? "" : ",") + text_of(item);
    } else {
      text = text_of(value);
    }
    target += before + name + "=" + http::percent_encode(text);
    before = '&';
  }
  return target;
}

struct Body {
  std::string type;
  std::string text;
};

/// A form (RFC 7578) with a part for each member; `file` is one with a name.
Body form_of(const json& members) {
  Body form{"multipart/form-data; boundary=example", ""};
  for (const auto& [name, value] : members.items()) {
    form.text += "--example\r\nContent-Disposition: form-data; name=\"" + name + "\"";
    if (name == "file") form.text += "; filename=\"example.txt\"\r\nContent-Type: text/plain";
    form.text += "\r\n\r\n" + text_of(value) + "\r\n";
  }
  form.text += "--example--\r\n";
  return form;
}

/// How an example's body is sent: text as the first type that is not JSON.
Body body_of(const Route& route, const json& body) {
  if (route.body_types.front() == "multipart/form-data") return form_of(body);
  if (!body.is_string()) return {"application/json", body.dump()};
  for (const std::string& type : route.body_types) {
    if (type != "application/json") return {type, body.get<std::string>()};
  }
  return {"application/json", body.dump()};
}

}  // namespace

ExampleWorld::ExampleWorld() {
  AppOptions options;
  options.core.data = folder_.string();
  options.core.clock = std::make_shared<FakeClock>();  // the dates of examples stay in its future
  options.port = 0;
  options.webhooks.workers = 0;  // the receivers of examples are nobody's
  app_ = std::make_unique<App>(std::move(options));
  const std::string file = read_secret_file(folder_.string() + "/owner.key").value();
  tokens_["owner"] = file.substr(0, file.find('\n'));
  add_key("erin", "admin");
  for (const char* name : {"alice", "bob", "carol", "dave"}) add_key(name, "operator");
}

void ExampleWorld::add_key(const std::string& name, const std::string& role) {
  tokens_[name] = must("owner", "POST", "/v1/keys", {{"name", name}, {"role", role}})
                      .at("token")
                      .get<std::string>();
}

ExampleWorld::Reply ExampleWorld::call(
    const std::string& who, const std::string& method, const std::string& target,
    const std::string& body, const std::string& type,
    const std::vector<std::pair<std::string, std::string>>& headers) {
  HttpRequest request;
  request.method = method;
  request.url = app_->url() + target;
  request.body = body;
  request.headers = headers;
  if (!type.empty()) request.headers.emplace_back("Content-Type", type);
  if (who != "nobody") request.headers.emplace_back("Authorization", "Bearer " + tokens_.at(who));
  Result<HttpResponse> answer = client_.send(request);
  if (!answer) throw std::runtime_error(answer.error().detail);
  const auto kind = answer->headers.find("content-type");
  return {answer->status, kind == answer->headers.end() ? "" : kind->second,
          std::move(answer->body), std::move(answer->headers)};
}

json ExampleWorld::must(const std::string& who, const std::string& method,
                        const std::string& target, const json& body) {
  const Reply reply = call(who, method, target, body.is_null() ? "" : body.dump(),
                           body.is_null() ? "" : "application/json");
  if (reply.status >= 300) {
    throw std::runtime_error(method + " " + target + ": " + std::to_string(reply.status) + " " +
                             reply.body);
  }
  return reply.body.empty() ? json() : reply.json();
}

json ExampleWorld::pipeline_at(const std::string& stage) {
  json pipeline =
      must("owner", "POST", "/v1/pipelines", {{"name", "example-" + std::to_string(++made_)}});
  const std::string path = "/v1/pipelines/" + pipeline.at("id").get<std::string>();
  const json passed{{"passed", 10}, {"failed", 0}, {"coverage", 90}};
  while (pipeline.at("current_stage") != stage) {
    const std::string now = pipeline.at("current_stage");
    const std::string gate = pipeline.value(json::json_pointer("/waiting_for/approval_id"), "");
    if (!gate.empty()) {
      must("bob", "POST", "/v1/approvals/" + gate + "/approve", json::object());
      pipeline = must("owner", "GET", path);
      continue;
    }
    json report{{"outcome", "succeeded"}};
    if (now == "building") report["assets"] = {{{"name", "README.md"}}};
    if (now == "testing" || now == "staging") report["tests"] = passed;
    if (now == "staging") report["deploy"] = {{"target", now}, {"succeeded", true}};
    pipeline = must("owner", "POST", path + "/stages/" + now + "/complete", report);
  }
  return pipeline;
}

std::string ExampleWorld::open_gate() {
  return pipeline_at("review").at("waiting_for").at("approval_id");
}

std::string ExampleWorld::task_of_gate(const std::string& gate) {
  return must("owner", "GET", "/v1/approvals/" + gate).at("task_id");
}

std::string ExampleWorld::open_task() { return task_of_gate(open_gate()); }

std::string ExampleWorld::fix_task() {
  const json pipeline = pipeline_at("review");
  const std::string gate = pipeline.at("waiting_for").at("approval_id");
  must("bob", "POST", "/v1/approvals/" + gate + "/reject",
       {{"reason", "The timeout is untested."}});
  const std::string of = "/v1/tasks?type=fix_required&pipeline_id=";
  return must("owner", "GET", of + pipeline.at("id").get<std::string>()).at("tasks").at(0).at("id");
}

std::string ExampleWorld::dead_effect() {
  const std::string stream = open_gate();
  const std::string id = app_->core().ids().next(app_->core().clock().now()).make("eff");
  app_->core().runner().with_store([&](storage::Store& store) {
    const Time now = app_->core().clock().now();
    storage::Commit commit;
    commit.effects.push_back({id, stream, "announce", R"({"subject":"approval.pending"})", now});
    store.commit({&commit, 1});
    static_cast<void>(store.claim_effects(now, now + Millis{60'000}, 16));
    const std::vector<storage::EffectOutcome> dead{{id, "dead", now, "the receiver answered 500"}};
    store.settle_effects(dead);
  });
  return id;
}

std::string ExampleWorld::agent() {
  const std::string name = "builder_" + std::to_string(++made_);
  must("erin", "POST", "/v1/agents", {{"name", name}, {"type", "ai_builder"}});
  return "agent_" + name;
}

std::string ExampleWorld::report() {
  const std::string name = "example-" + std::to_string(++made_);
  return must("dave", "POST", "/api/v1/reports",
              {{"server_name", name},
               {"repository_url", "https://github.com/example/" + name},
               {"developer_email", "dave@example.com"},
               {"report_data", "# Report\n\nIt is ready."}})
      .at("id");
}

std::string ExampleWorld::upload(const std::string& pipeline, const std::string& stage,
                                 const std::string& path, const std::string& text) {
  const Body form = form_of({{"pipeline_id", pipeline},
                             {"stage", stage},
                             {"type", "code"},
                             {"metadata", {{"path", path}}},
                             {"file", text}});
  const Reply made = call("erin", "POST", "/v1/assets", form.text, form.type);
  if (made.status != 201) throw std::runtime_error("no asset was made: " + made.body);
  return made.json().at("id");
}

std::string ExampleWorld::asset() {
  const std::string pipeline = make("pipe");
  upload(pipeline, "scaffolding", "src/index.ts", "export const a = 1;\n");
  return upload(pipeline, "scaffolding", "src/index.ts", "export const a = 2;\n");
}

std::string ExampleWorld::webhook() {
  return must("erin", "POST", "/v1/webhooks",
              {{"url", "https://example.com/webhook"}, {"events", {"*"}}})
      .at("id");
}

std::string ExampleWorld::make(const std::string& prefix) {
  if (prefix == "pipe") return pipeline_at("scaffolding").at("id");
  if (prefix == "pipe with an asset") {
    return must("erin", "GET", "/v1/assets/" + asset()).at("pipeline_id");
  }
  if (prefix == "pipe with a readme") {
    const std::string id = pipeline_at("building").at("id");
    upload(id, "building", "README.md", "# What it is\n");
    return id;
  }
  if (prefix == "pipe in review") return pipeline_at("review").at("id");
  if (prefix == "gate") return open_gate();
  if (prefix == "task") return open_task();
  if (prefix == "eff") return dead_effect();
  if (prefix == "agent") return agent();
  if (prefix == "report") return report();
  if (prefix == "asset") return asset();
  if (prefix == "hook") return webhook();
  if (prefix == "ntf") {
    open_gate();
    return must("erin", "GET", "/v1/notifications").at("notifications").at(0).at("id");
  }
  if (prefix == "cmt") {
    return must("erin", "POST", "/v1/pipelines/" + make("pipe") + "/comments",
                {{"text", "Who looks at this? @bob"}})
        .at("id");
  }
  if (prefix == "key") {
    return must("owner", "POST", "/v1/keys", {{"name", "temporary"}, {"role", "viewer"}}).at("id");
  }
  throw std::runtime_error("tests/http/example_world.cpp cannot make what stands for the id " +
                           prefix + std::string(id_middle) + "…: teach make() to");
}

std::string ExampleWorld::digest_of(const std::string& id) {
  if (prefix_of(id) == "gate") return must("owner", "GET", "/v1/approvals/" + id).at("digest");
  return must("owner", "GET", "/v1/tasks/" + id).at("approval").at("digest");
}

const std::map<std::string, ExampleWorld::Setting>& ExampleWorld::settings() {
  using Ids = StandIns;
  /// The pipeline of the example stands at this stage.
  const auto at = [](const std::string& stage) {
    return Setting{[stage](ExampleWorld& world, const json& example, Ids& ids) {
      ids[example.at("path").at("pipeline_id").get<std::string>()] =
          world.pipeline_at(stage).at("id").get<std::string>();
    }};
  };
  /// This was done before to what the example names; `{}` stands for its id.
  const auto after = [](const std::string& parameter, const std::string& target, const json& body,
                        const std::string& stage = "") {
    return Setting{[=](ExampleWorld& world, const json& example, Ids& ids) {
      if (example.at("status").get<int>() >= 400) return;  // it names what is not there
      const std::string name = example.at("path").at(parameter);
      const std::string id = stage.empty() ? world.make(prefix_of(name))
                                           : world.pipeline_at(stage).at("id").get<std::string>();
      ids[name] = id;
      std::string place = target;
      world.must("erin", "POST", place.replace(place.find("{}"), 2, id), body);
    }};
  };
  /// The agent of the examples is registered; their id is made of its name.
  const Setting with_agent{[](ExampleWorld& world, const json& example, Ids& ids) {
    ids[example.at("path").at("agent_id").get<std::string>()] = world.agent();
  }};
  /// A ping is on its way to a webhook.
  const Setting with_delivery{[](ExampleWorld& world, const json& example, Ids& ids) {
    const json& path = example.at("path");
    const std::string hook = world.webhook();
    ids[path.at("webhook_id").get<std::string>()] = hook;
    ids[path.at("delivery_id").get<std::string>()] =
        world.must("erin", "POST", "/v1/webhooks/" + hook + "/test").at("id").get<std::string>();
  }};
  static const std::map<std::string, Setting> all{
      {"webhook.delivery", with_delivery},
      {"webhook.replay_delivery", with_delivery},
      {"webhook.enable", after("webhook_id", "/v1/webhooks/{}/disable", json::object())},
      {"agent.get", with_agent},
      {"agent.patch", with_agent},
      {"agent.deregister", with_agent},
      {"agent.heartbeat", with_agent},
      {"agent.activity", with_agent},
      {"agent.next", with_agent},
      {"report.exempt", after("report_id", "/api/v1/reports/{}/checks",
                              {{"name", "license-scan"}, {"status", "fail"}})},
      {"approval.rescind", after("approval_id", "/v1/approvals/{}/approve", json::object())},
      {"approval.meet_condition", after("approval_id", "/v1/approvals/{}/approve",
                                        {{"conditions", {"Watch the error rate for a day"}}})},
      {"pipeline.resume", after("pipeline_id", "/v1/pipelines/{}/pause", json::object())},
      {"pipeline.retry",
       after("pipeline_id", "/v1/pipelines/{}/fail", {{"reason", "No network"}}, "testing")},
      {"pipeline.add_test_results", at("testing")},
      {"pipeline.advance", {[](ExampleWorld& world, const json& example, Ids& ids) {
         ids[example.at("path").at("pipeline_id")] = world.make("pipe with a readme");
       }}},
      {"pipeline.complete_stage", {[](ExampleWorld& world, const json& example, Ids& ids) {
         const json& path = example.at("path");
         ids[path.at("pipeline_id").get<std::string>()] =
             world.pipeline_at(path.at("stage")).at("id").get<std::string>();
       }}},
      {"task.release", after("task_id", "/v1/tasks/{}/claim", json::object())},
      {"task.complete", {[](ExampleWorld& world, const json& example, Ids& ids) {
         if (example.at("body").at("decision") != "done") return;
         ids[example.at("path").at("task_id").get<std::string>()] = world.fix_task();
       }}},
  };
  return all;
}

ExampleWorld::Reply ExampleWorld::run(const Route& route, const json& example) {
  json ready = example;
  StandIns ids;
  std::string who = route.scope == "public" ? "nobody" : "erin";
  static const auto of_people = people_settings();
  for (const auto* const known : {&settings(), &of_people}) {
    const auto setting = known->find(route.operation);
    if (setting == known->end()) continue;
    setting->second.arrange(*this, example, ids);
    who = setting->second.who;
  }
  each_text(ready, [&](std::string& text) {
    if (!is_example_id(text) && ids.count(text) == 0) return;
    const auto [known, fresh] = ids.try_emplace(text);
    if (fresh) known->second = make(prefix_of(text));
    text = known->second;
  });
  each_text(ready, [&](std::string& text) {
    if (text == shown_digest) text = digest_of(ready.at("path").begin()->get<std::string>());
  });
  const Body body = ready.contains("body") ? body_of(route, ready.at("body")) : Body{};
  return call(who, route.method, target_of(route, ready), body.text, body.type);
}

}  // namespace factory::test
