#include "tests/slices/pipeline/rest.hpp"

#include <fstream>
#include <stdexcept>

#include "common/catalog.hpp"
#include "common/schema.hpp"

namespace factory::test {

using nlohmann::json;

namespace {

std::string first_line(const std::string& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

std::string encoded(const std::string& text) {
  constexpr char hex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       std::string_view("-_.~").find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else {
      ((out += '%') += hex[byte >> 4U]) += hex[byte & 15U];
    }
  }
  return out;
}

std::string target(const Route& route, const Asked& asked) {
  std::string path = route.path;
  for (const auto& [name, value] : asked.path) {
    const std::string placeholder = "{" + name + "}";
    path.replace(path.find(placeholder), placeholder.size(), encoded(value));
  }
  char before = '?';
  for (const auto& [name, value] : asked.query.items()) {
    path +=
        before + name + "=" + encoded(value.is_string() ? value.get<std::string>() : value.dump());
    before = '&';
  }
  return path;
}

/// A good answer that breaks what its route declares is the test's business everywhere.
void check_schema(const Route& route, const Answered& answered) {
  if (answered.status >= 300) return;
  if (answered.status != route.success) {
    throw std::runtime_error(route.operation + " answered " + std::to_string(answered.status));
  }
  const auto wrong = validate(route.response, answered.body);  // null takes what is no JSON
  if (wrong.empty()) return;
  throw std::runtime_error("the answer of " + route.operation + " breaks its schema at " +
                           wrong.front().pointer + ": " + wrong.front().detail);
}

}  // namespace

std::string Answered::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

bool Answered::names(const std::string& pointer, const std::string& words) const {
  for (const json& error : body.value("errors", json::array())) {
    if (error["pointer"] == pointer &&
        error["detail"].get_ref<const std::string&>().find(words) != std::string::npos) {
      return true;
    }
  }
  return false;
}

Rest::Rest() {
  AppOptions options;
  options.core.data = folder_.string();
  options.core.clock = clock_;
  options.port = 0;
  app_ = std::make_unique<App>(std::move(options));
  tokens_["owner"] = first_line((folder_ / "owner.key").string());
}

Answered Rest::ask(const std::string& operation, const Asked& asked, const std::string& who) {
  const Route* route = Catalog::embedded()->route(operation);
  if (route == nullptr) throw std::runtime_error("no route " + operation);
  HttpRequest request;
  request.method = route->method;
  request.url = app_->url() + target(*route, asked);
  request.headers = asked.headers;
  request.headers.emplace_back("Authorization", "Bearer " + tokens_.at(who));
  if (!asked.body.is_null()) {
    request.body = asked.body.is_string() ? asked.body.get<std::string>() : asked.body.dump();
    request.headers.emplace_back("Content-Type",
                                 asked.body.is_string() ? "application/xml" : "application/json");
  }
  clock_->advance(Millis{1000});
  auto response = client_.send(request);
  if (!response) throw std::runtime_error(response.error().detail);
  Answered answered{response->status, nullptr, std::move(response->headers)};
  const bool is_json = answered.header("content-type").find("json") != std::string::npos;
  if (!response->body.empty()) {
    answered.body = is_json ? json::parse(response->body) : json(response->body);
  }
  check_schema(*route, answered);
  return answered;
}

json Rest::ok(const std::string& operation, const Asked& asked, const std::string& who) {
  Answered answered = ask(operation, asked, who);
  if (answered.status >= 300) throw std::runtime_error(operation + ": " + answered.body.dump());
  return std::move(answered.body);
}

void Rest::add(const std::string& name, const std::string& role, const json& groups) {
  json body{{"name", name}, {"role", role}};
  if (!groups.is_null()) body["groups"] = groups;
  add_key(name, std::move(body));
}

void Rest::add_key(const std::string& who, json key) {
  tokens_[who] = ok("key.create", with(std::move(key)))["token"].get<std::string>();
}

std::string Rest::pipeline(const json& more) {
  json body{{"name", "ghl-mcp-server"}};
  body.update(more);
  return ok("pipeline.create", with(std::move(body)))["id"];
}

json Rest::report(const std::string& id, const std::string& stage, json evidence) {
  evidence["outcome"] = "succeeded";
  return ok("pipeline.complete_stage", at_stage(id, stage, std::move(evidence)));
}

std::string Rest::in_review() {
  const std::string id = pipeline();
  report(id, "scaffolding");
  report(id, "building", {{"assets", {{{"name", "README.md"}}}}});
  report(id, "testing", {{"tests", {{"passed", 10}, {"failed", 0}, {"coverage", 90}}}});
  return id;
}

json Rest::approve(const std::string& id) {
  const json waiting = ok("pipeline.get", at(id))["waiting_for"];
  ok("approval.approve",
     {{{"approval_id", waiting["approval_id"]}}, json::object(), {{"notes", "LGTM"}}, {}});
  return ok("pipeline.get", at(id));
}

}  // namespace factory::test
