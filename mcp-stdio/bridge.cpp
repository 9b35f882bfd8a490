#include "mcp-stdio/bridge.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "common/digest.hpp"
#include "common/log.hpp"
#include "common/mcp/uri_template.hpp"
#include "common/schema.hpp"

namespace factory::mcp {
namespace {

using nlohmann::json;

/// Clients give up on calls after 60 s or less; a handle to ask again with comes well before.
constexpr Millis call_timeout{25'000};
constexpr std::size_t idempotency_bytes = 18;
constexpr int unauthorized = 401;

BackendAnswer failure(const Error& error) { return {true, problem_from(error)}; }

/// Why there was no answer: data["reason"], see common/http_client.hpp.
std::string reason_of(const Error& error) {
  const auto found = error.data.find("reason");
  return found == error.data.end() ? std::string() : found->second;
}

/// True if the request may be sent again, although it may have arrived the first time.
bool repeatable(const std::string& method) {
  return method == "GET" || method == "HEAD" || method == "POST";
}

/// The failure of a call in words for whoever called: what to do depends on what may have happened.
Error explained(Error error, const BackendSettings& settings, const std::string& method) {
  const std::string reason = reason_of(error);
  if (!error.hint.empty()) return error;
  if (reason == "refused") {
    error.hint = settings.local()
                     ? "Start the server with `factory-api serve`, then call again."
                     : "Start the server there with `factory-api serve`, or correct FACTORY_URL.";
  } else if (reason == "timeout" || reason == "other") {
    error.hint = method == "GET" ? "Call again; if it stays, look at the log of the server."
                                 : "It may have been carried out: look at the state before "
                                   "calling again.";
  } else if (reason == "too_large") {
    error.hint = "Ask for less at once, with a smaller limit or a narrower filter.";
  }
  return error;
}

/// The cursor in `<…?cursor=abc&…>; rel="next"` (RFC 8288), decoded; empty if there is none.
std::string cursor_of(const HttpResponse& response) {
  const auto link = response.headers.find("link");
  if (link == response.headers.end() || link->second.find("rel=\"next\"") == std::string::npos) {
    return "";
  }
  const std::string& text = link->second;
  std::size_t at = text.find("?cursor=");
  if (at == std::string::npos) at = text.find("&cursor=");
  if (at == std::string::npos) return "";
  at += std::string_view("?cursor=").size();
  return percent_decode(std::string_view(text).substr(at, text.find_first_of("&>", at) - at))
      .value_or("");
}

BackendAnswer read_success(const HttpResponse& response) {
  if (response.body.empty()) return {false, nullptr};
  const auto type = response.headers.find("content-type");
  const bool is_json =
      type == response.headers.end() || type->second.find("json") != std::string::npos;
  if (!is_json) return {false, response.body};
  Result<json> parsed = parse_json(response.body);
  if (parsed) return {false, std::move(*parsed), cursor_of(response)};
  return failure({ErrorCode::internal,
                  "The answer of the server cannot be read. " + parsed.error().detail,
                  "The call may have been carried out: look at the state before calling again.",
                  {},
                  {}});
}

BackendAnswer read_problem(const HttpResponse& response) {
  Result<json> parsed = parse_json(response.body);
  json problem = parsed && parsed->is_object() ? std::move(*parsed) : json::object();
  if (!problem.contains("title")) problem["title"] = "The server refused the call";
  if (!problem.contains("status")) problem["status"] = response.status;
  if (!problem.contains("detail")) {
    problem["detail"] = "HTTP status " + std::to_string(response.status) + ".";
  }
  const auto wait = response.headers.find("retry-after");
  if (wait != response.headers.end()) problem["retry_after"] = wait->second;
  return {true, std::move(problem)};
}

}  // namespace

Bridge::Bridge(std::shared_ptr<const Catalog> catalog, BackendSettings settings, bool autostart)
    : catalog_(std::move(catalog)),
      locator_(std::move(settings)),
      autostart_(locator_, client_, autostart) {}

BackendAnswer Bridge::call(const HttpMapping& mapping, const json& arguments,
                           const CallContext& context) {
  const Result<HttpParts> parts = http_parts(*catalog_, mapping, arguments);
  if (!parts) return failure(parts.error());
  HttpRequest request;
  request.method = parts->method;
  request.body = parts->body;
  request.timeout = call_timeout;
  request.ca_file = locator_.settings().ca_file;
  request.headers.emplace_back("Accept", "application/json, application/problem+json");
  if (!parts->content_type.empty()) {
    request.headers.emplace_back("Content-Type", parts->content_type);
  }
  if (parts->method == "POST") {
    request.headers.emplace_back("Idempotency-Key", random_token(idempotency_bytes));
  }
  if (!context.traceparent.empty()) {
    request.headers.emplace_back("traceparent", context.traceparent);
  }
  if (!context.tool.empty()) request.headers.emplace_back("X-Factory-Tool", context.tool);
  const Result<HttpResponse> response = deliver(request, parts->target, context.stop);
  if (!response) return failure(explained(response.error(), locator_.settings(), request.method));
  const bool success = response->status >= 200 && response->status < 300;
  return success ? read_success(*response) : read_problem(*response);
}

Result<HttpResponse> Bridge::deliver(HttpRequest& request, const std::string& target,
                                     const std::stop_token& stop) {
  const auto send = [&](const Endpoint& endpoint) {
    request.url = endpoint.url + target;
    std::erase_if(request.headers,
                  [](const auto& header) { return header.first == "Authorization"; });
    request.headers.emplace_back("Authorization", "Bearer " + endpoint.token);
    return client_.send(request, stop);
  };
  const Result<Endpoint> first = endpoint(false, stop);
  if (!first) return first.error();
  Result<HttpResponse> response = send(*first);
  if (response) {
    if (response->status != unauthorized) return response;
    // The key may have been changed since it was read.
    const Result<Endpoint> second = endpoint(true, stop);
    return second && second->token != first->token ? send(*second) : std::move(response);
  }
  const std::string reason = reason_of(response.error());
  const bool worth = reason == "refused" || (reason == "other" && repeatable(request.method));
  if (!worth || stop.stop_requested()) return response;
  log(LogLevel::info, "the connection failed, once more", {{"reason", reason}});
  const Result<Endpoint> second = reconnect(stop);
  if (!second) return second.error();
  return send(*second);
}

Result<Endpoint> Bridge::endpoint(bool fresh, const std::stop_token& stop) {
  if (!fresh) {
    const std::scoped_lock lock(mutex_);
    if (known_) return *known_;
  }
  Result<Endpoint> found = locator_.find();
  if (!found && locator_.settings().local() && !locator_.local_url()) {
    if (const Status running = autostart_.ensure(stop); !running) return running.error();
    found = locator_.find();
  }
  const std::scoped_lock lock(mutex_);
  known_ = found ? std::optional(*found) : std::nullopt;
  return found;
}

Result<Endpoint> Bridge::reconnect(const std::stop_token& stop) {
  if (locator_.settings().local()) {
    if (const Status running = autostart_.ensure(stop); !running) return running.error();
  }
  return endpoint(true, stop);
}

}  // namespace factory::mcp
