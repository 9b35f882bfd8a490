#include "tests/http/rig.hpp"

#include <stdexcept>

namespace factory::test {
namespace {

using nlohmann::json;

Route route(std::string operation, std::string method, std::string path, std::string scope) {
  Route made;
  made.operation = std::move(operation);
  made.method = std::move(method);
  made.path = std::move(path);
  made.scope = std::move(scope);
  if (made.method == "DELETE") made.rate = "destructive";
  made.path_params = json::object();
  made.body_types = {"application/json"};
  return made;
}

std::vector<Route> test_routes() {
  std::vector<Route> routes{route("thing.ping", "GET", "/ping", "public"),
                            route("thing.list", "GET", "/v1/things", "things:read"),
                            route("thing.create", "POST", "/v1/things", "things:write"),
                            route("thing.get", "GET", "/v1/things/{thing_id}", "things:read"),
                            route("thing.stats", "GET", "/v1/things/stats", "things:read"),
                            route("thing.drop", "DELETE", "/v1/things/{thing_id}", "things:write"),
                            route("thing.upload", "POST", "/v1/things/{thing_id}/report", "any"),
                            route("thing.break", "POST", "/v1/things/{thing_id}/break", "any"),
                            route("thing.pour", "POST", "/v1/things/{thing_id}/pour", "any"),
                            route("thing.flow", "GET", "/v1/things/{thing_id}/flow", "any")};
  routes[1].query = json::parse(R"({"type":"object","properties":{
      "limit":{"type":"integer","minimum":1,"maximum":100,"default":20},
      "kind":{"type":"array","items":{"type":"string","enum":["a","b"]}},
      "cursor":{"type":"string"}}})");
  routes[2].body = json::parse(R"({"type":"object","additionalProperties":false,"properties":{
      "name":{"type":"string","minLength":1,"maxLength":20},
      "size":{"type":"integer","minimum":0,"default":7},
      "tags":{"type":"array","items":{"type":"string"}},
      "nested":{"type":"object","additionalProperties":true}},"required":["name"]})");
  routes[2].success = 201;
  routes[3].path_params = json::parse(R"({"thing_id":{"type":"string","maxLength":40}})");
  routes[6].body_types = {"application/xml", "application/json"};
  routes[6].body = json::parse(R"({"type":"object"})");
  routes[8].body_types = {"application/octet-stream"};
  routes[8].body_stream = true;
  routes[8].max_body = 40'000'000;
  return routes;
}

/// Gives back what it was called with, so that a test sees what a handler saw.
Result<http::Answer> echo(const http::Request& request) {
  json seen{{"operation", request.route->operation},
            {"principal", request.principal.id},
            {"path", request.path},
            {"query", request.query},
            {"body", request.body},
            {"raw_size", request.raw_body.size()},
            {"content_type", request.content_type},
            {"idempotency_key", request.idempotency_key},
            {"fingerprint", request.fingerprint},
            {"address", request.address},
            {"user_agent", request.user_agent},
            {"traceparent", request.traceparent}};
  if (request.if_match) seen["if_match"] = *request.if_match;
  http::Answer answer;
  answer.status = request.route->success;
  answer.body = seen.dump();
  answer.etag = 3;
  return answer;
}

}  // namespace

Rig::Rig() : routes(test_routes()) {
  scopes = {{"owner", {"things:read", "things:write"}},
            {"viewer", {"things:read"}},
            {"agent", {"things:write"}}};
  for (const Role role : {Role::owner, Role::viewer, Role::agent}) {
    const std::string name(name_of(role));
    const std::string id = "key_" + name;
    tokens_[role] = http::make_token(id, "secret-of-" + name);
    http::Credential credential;
    credential.secrets = {{sha256(tokens_[role]), false, std::nullopt}};
    credential.principal = {ActorType::person, name, "rest", role, {}, id};
    keys[id] = std::make_shared<const http::Credential>(credential);
  }
  for (const Route& declared : routes) {
    handlers.bind(declared.operation, [this](const http::Request& request) {
      ++calls;
      return echo(request);
    });
  }
  handlers.bind("thing.ping", [this](const http::Request&) -> Result<http::Answer> {
    ++calls;
    http::Answer answer;
    answer.body = R"({"pong":true})";
    return answer;
  });
  handlers.bind("thing.break", [](const http::Request&) -> Result<http::Answer> {
    throw std::runtime_error("the inside of the house");
  });
}

std::string Rig::as(Role role) const {
  return "Authorization: Bearer " + tokens_.at(role) + "\r\n";
}

http::Router& Rig::router() {
  if (!router_) {
    const auto find = [this](const std::string& id) -> std::shared_ptr<const http::Credential> {
      const auto key = keys.find(id);
      return key == keys.end() ? nullptr : key->second;
    };
    const auto authenticate = [find](const http::Head& head) {
      return http::authenticate(head, http::AuthParts{find, {}, nullptr, {}});
    };
    router_ = std::make_unique<http::Router>(
        http::RouterParts{routes, scopes, handlers, authenticate, {}, true, {}, edge});
  }
  return *router_;
}

std::string Rig::serve(http::Limits limits) {
  server_ = std::make_unique<http::Server>(router(), limits);
  auto url = server_->start("127.0.0.1", 0);
  if (!url) throw std::runtime_error(url.error().detail);
  return *url;
}

}  // namespace factory::test
