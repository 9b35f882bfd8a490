#include "http/router.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <set>
#include <stdexcept>

#include "common/digest.hpp"
#include "common/log.hpp"
#include "common/schema.hpp"
#include "common/text.hpp"
#include "http/access.hpp"
#include "http/entity_tag.hpp"
#include "http/problem.hpp"
#include "http/request_reader.hpp"
#include "http/target.hpp"
#include "storage/store.hpp"

namespace factory::http {
namespace {

using nlohmann::json;

constexpr std::string_view kApiVersion = "1";

bool holds(const std::vector<std::string>& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

std::array<bool, EnumNames<Role>::names.size()> roles_with(
    const std::string& scope, const std::map<std::string, std::vector<std::string>>& scopes,
    const std::string& operation) {
  std::array<bool, EnumNames<Role>::names.size()> roles{};
  if (scope == "any" || scope == "public") {
    roles.fill(true);
    return roles;
  }
  for (const auto& [name, list] : scopes) {
    const auto role = enum_from<Role>(name);
    if (!role) throw std::runtime_error("schemas/roles.json: the role " + name + " is unknown");
    roles.at(static_cast<std::size_t>(*role)) = holds(list, scope);
  }
  if (std::none_of(roles.begin(), roles.end(), [](bool has) { return has; })) {
    throw std::runtime_error(operation + ": no role has the scope " + scope);
  }
  return roles;
}

RateClass rate_of(const Route& route) {
  const auto rate = enum_from<RateClass>(route.rate);
  if (!rate) throw std::runtime_error(route.operation + ": no rate is called " + route.rate);
  return *rate;
}

BoundRoute bind(const Route& route, const RouterParts& parts) {
  const auto& handlers = parts.handlers.all();
  BoundRoute bound{route,
                   handlers.at(route.operation),
                   roles_with(route.scope, parts.scopes, route.operation),
                   route.query,
                   route.body_types,
                   route.scope == "public" || parts.open.count(route.operation) > 0,
                   rate_of(route),
                   parts.handlers.completion_of(route.operation)};
  if (!bound.query.is_object()) bound.query = {{"type", "object"}};
  bound.query.emplace("additionalProperties", false);
  if (parts.watch.metrics != nullptr) {
    bound.counts = &parts.watch.metrics->route(route.operation);
  }
  const std::vector<std::string> only_json{"application/json"};
  if (route.body.is_null() && route.body_types == only_json) bound.body_types.clear();
  return bound;
}

void require_all_bound(const RouterParts& parts) {
  std::set<std::string> declared;
  std::vector<std::string> without_handler;
  for (const Route& route : parts.routes) {
    declared.insert(route.operation);
    if (parts.handlers.all().count(route.operation) == 0)
      without_handler.push_back(route.operation);
  }
  std::vector<std::string> without_route;
  for (const auto& [operation, handler] : parts.handlers.all()) {
    if (declared.count(operation) == 0) without_route.push_back(operation);
  }
  std::string wrong;
  if (!without_handler.empty()) {
    wrong += "routes without a handler: " + join(without_handler, ", ", 1000) + ". ";
  }
  if (!without_route.empty()) {
    wrong += "handlers without a route: " + join(without_route, ", ", 1000) + ". ";
  }
  if (!wrong.empty()) throw std::runtime_error(wrong);
}

std::string allowed(const RouteTable::Methods& methods) {
  std::vector<std::string> names;
  for (const auto& [method, bound] : methods) {
    names.push_back(method);
    if (method == "GET") names.emplace_back("HEAD");
  }
  names.emplace_back("OPTIONS");
  return join(names);
}

bool is_sane_id(std::string_view id) {
  return !id.empty() && id.size() <= 128 && std::all_of(id.begin(), id.end(), [](char c) {
    return is_ascii_alnum(c) || std::string_view("-_.:/+=").find(c) != std::string_view::npos;
  });
}

/// The target of the next page: the same query with the cursor put in.
std::string next_link(const Target& target, std::string_view cursor) {
  std::string query;
  for (std::string_view rest = target.query; !rest.empty();) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    if (pair.empty() || pair.substr(0, pair.find('=')) == "cursor") continue;
    query.append(pair).append("&");
  }
  return "<" + std::string(target.path) + "?" + query + "cursor=" + percent_encode(cursor) +
         ">; rel=\"next\"";
}

void add_problem(Outgoing& outgoing, const Error& error, std::string_view instance,
                 std::string_view request_id, int status) {
  outgoing.status = status_of(error, status);
  outgoing.body = problem_document(error, instance, request_id, status);
  auto& headers = outgoing.headers;
  headers.emplace_back("Content-Type", "application/problem+json");
  if (error.code == ErrorCode::unauthenticated) {
    headers.emplace_back("WWW-Authenticate", "Bearer realm=\"agent-factory\"");
  }
  if (error.code == ErrorCode::unavailable || error.code == ErrorCode::rate_limited) {
    const auto wait = error.data.find("retry_after_seconds");
    headers.emplace_back("Retry-After", wait == error.data.end() ? "1" : wait->second);
  }
}

/// What stands on every answer, beside what the edge adds.
void add_common(Outgoing& outgoing, const std::string& request_id) {
  auto& headers = outgoing.headers;
  headers.emplace_back("X-Request-Id", request_id);
  headers.emplace_back("X-API-Version", kApiVersion);
}

}  // namespace

/// One request on its way through.
struct Router::Call {
  Incoming& incoming;
  const Head& head;
  Target target;
  Request request;
  RouteTable::Params params;
  std::string allow;  ///< set: goes out as Allow
  RateVerdict rate{};
  RouteCounts* counts = nullptr;
};

Router::Router(const RouterParts& parts)
    : authenticate_(parts.authenticate),
      given_before_(parts.given_before),
      stands_(parts.stands),
      watch_(parts.watch),
      check_answers_(parts.check_answers),
      edge_(std::make_unique<Edge>(parts.edge)),
      access_(parts.access),
      id_prefix_("req_" + random_token(9) + "-") {
  require_all_bound(parts);
  if (watch_.metrics != nullptr) lost_counts_ = &watch_.metrics->route("none");
  for (const Route& route : parts.routes) table_.add(bind(route, parts));
}

Outgoing Router::answer(Incoming& incoming) {
  const Head& head = incoming.head();
  Watch watch(watch_, head);
  Call call{incoming, head, split_target(head.target), {}, {}, {}, {}, lost_counts_};
  read_origin(incoming, call.request);
  call.request.address = edge_->client(call.request.address, head);
  call.request.traceparent = watch.traceparent();
  const std::string_view sent_id = head.header("X-Request-Id");
  call.request.request_id = is_sane_id(sent_id) ? std::string(sent_id) : new_request_id();
  Result<Answer> result = Error{};
  try {
    result = handle(call);
  } catch (const storage::StoreFailure& failure) {
    log(LogLevel::error, "the store failed",
        {{"reason", failure.what()}, {"request_id", call.request.request_id}});
    result = Error{ErrorCode::unavailable, "The store cannot be used right now.", {}, {}, {}};
  } catch (const std::exception& error) {
    log(LogLevel::error, "a request failed",
        {{"reason", error.what()}, {"request_id", call.request.request_id}});
    result = Error{ErrorCode::internal, {}, {}, {}, {}};
  }
  const std::string_view outcome = result ? "ok" : to_string(result.error().code);
  const std::optional<Flush> flush = result ? result->flush : std::nullopt;
  Outgoing outgoing = dress(call, std::move(result));
  if (access_ != nullptr) {
    note_access(*access_, head, call.request, call.target.path, outgoing.status, outcome);
  }
  watch.end(
      {call.request.route, call.counts, call.request, call.target.path, outgoing.status, flush});
  return outgoing;
}

Result<Answer> Router::handle(Call& call) const {
  if (call.head.target == "*") return whole_server(call);
  const RouteTable::Methods* const methods = table_.find(call.target.path, call.params);
  if (methods == nullptr) return lost(call);
  const std::string_view method = call.head.method == "HEAD" ? "GET" : call.head.method;
  const auto found = methods->find(method);
  if (found == methods->end()) return other_method(call, *methods);
  const BoundRoute& bound = *found->second;
  call.request.route = &bound.route;
  call.counts = bound.counts;
  if (Status admitted = admit(bound, call); !admitted) return std::move(admitted.error());
  Request& request = call.request;
  if (Status read = read_parameters(bound, call.params, call.target.query, request); !read) {
    return std::move(read.error());
  }
  if (method != "GET") {
    if (Status read = read_conditions(call.head, request); !read) return std::move(read.error());
  }
  if (Status read = read_content(bound, call.incoming, request); !read) {
    return std::move(read.error());
  }
  if (stands_ && method != "GET" && !bound.is_public) {
    if (Status stands = stands_(request.principal); !stands) return std::move(stands.error());
  }
  // What is streamed is known only to who reads it.
  std::optional<Answer> first;
  if (!request.idempotency_key.empty() && request.body_stream == nullptr) {
    request.fingerprint = fingerprint(call.head, request.raw_body);
    // The first answer is given again whatever has changed since, before anything is looked at.
    if (given_before_) first = given_before_(request);
  }
  Result<Answer> answer = first ? Result<Answer>(*std::move(first)) : bound.handler(request);
  if (answer && bound.completion) bound.completion(request, *answer);
  if (check_answers_ && answer) check_answer(bound, *answer);
  return answer;
}

Status Router::admit(const BoundRoute& bound, Call& call) const {
  if (bound.is_public) return charge(call, bound.rate, {});
  Result<Principal> principal = authenticate_(call.head);
  if (!principal) {
    if (Status counted = charge(call, RateClass::standard, {}); !counted) return counted;
    return std::move(principal.error());
  }
  call.request.principal = std::move(*principal);
  const Principal& who = call.request.principal;
  if (Status counted = charge(call, bound.rate, who.id); !counted) return counted;
  const std::string& scope = bound.route.scope;
  const bool by_role = bound.roles.at(static_cast<std::size_t>(who.role));
  if (by_role && (scope == "any" || who.scopes.empty() || holds(who.scopes, scope))) return Done{};
  Error error{ErrorCode::forbidden,
              (by_role ? "This key is limited to other scopes than "
                       : "The role " + std::string(name_of(who.role)) + " lacks the scope ") +
                  scope + ", which " + bound.route.operation + " needs.",
              {},
              {},
              {}};
  error.data.emplace("required_scope", scope);
  return error;
}

Status Router::charge(Call& call, RateClass rate, std::string_view principal) const {
  return edge_->charge(rate, principal, call.request.address, std::chrono::steady_clock::now(),
                       call.rate);
}

Result<Answer> Router::whole_server(Call& call) {
  if (call.head.method == "OPTIONS") return Answer{};
  call.allow = "OPTIONS";
  return Error{ErrorCode::method_not_allowed, "`*` takes OPTIONS only.", {}, {}, {}};
}

Result<Answer> Router::lost(Call& call) const {
  if (Status counted = charge(call, RateClass::standard, {}); !counted) return counted.error();
  const std::string path = excerpt(std::string(call.target.path), 200);
  return Error{ErrorCode::not_found,
               "There is nothing at " + path + ".",
               table_.suggest(call.target.path),
               {},
               {}};
}

Result<Answer> Router::other_method(Call& call, const RouteTable::Methods& methods) const {
  const bool asks = call.head.method == "OPTIONS";  // as browsers do before what is counted
  if (!asks) {
    if (Status counted = charge(call, RateClass::standard, {}); !counted) return counted.error();
  }
  call.allow = allowed(methods);
  if (asks) return Answer{};
  return Error{ErrorCode::method_not_allowed,
               std::string(call.target.path) + " does not take " + std::string(call.head.method) +
                   "; it takes " + call.allow + ".",
               {},
               {},
               {}};
}

void Router::check_answer(const BoundRoute& bound, const Answer& answer) {
  if (bound.route.response.is_null() || answer.stream || answer.content_type != "application/json")
    return;
  const auto wrong = validate(bound.route.response, json::parse(answer.body));
  if (wrong.empty()) return;
  throw std::logic_error("the answer of " + bound.route.operation + " is not as declared: " +
                         wrong.front().pointer + " " + wrong.front().detail);
}

Outgoing Router::dress(Call& call, Result<Answer> result) const {
  Outgoing outgoing;
  auto& headers = outgoing.headers;
  headers.reserve(16);
  if (result) {
    Answer& answer = *result;
    outgoing.status = answer.status;
    outgoing.body = std::move(answer.body);
    outgoing.stream = std::move(answer.stream);
    std::move(answer.headers.begin(), answer.headers.end(), std::back_inserter(headers));
    leave_unchanged(call.head, outgoing);  // the version, below, does not tell of the whole answer
    if (!outgoing.body.empty() || outgoing.stream) {
      headers.emplace_back("Content-Type", std::move(answer.content_type));
    }
    if (answer.etag) headers.emplace_back("ETag", "\"" + std::to_string(*answer.etag) + "\"");
    if (answer.replayed) headers.emplace_back("Idempotency-Replayed", "true");
    if (!answer.next_cursor.empty()) {
      headers.emplace_back("Link", next_link(call.target, answer.next_cursor));
    }
  } else {
    add_problem(outgoing, result.error(), call.target.path, call.request.request_id, 0);
  }
  if (!call.allow.empty()) headers.emplace_back("Allow", call.allow);
  add_common(outgoing, call.request.request_id);
  edge_->dress(&call.head, call.allow, call.rate, outgoing);
  return outgoing;
}

/// What the client says it has, as If-None-Match, is not sent again (RFC 9110 section 13.1.2), but
/// how long it would be (section 8.6).
void Router::leave_unchanged(const Head& head, Outgoing& outgoing) {
  const bool reads = head.method == "GET" || head.method == "HEAD";
  const std::string_view known = head.header("If-None-Match");
  if (!reads || known.empty() || outgoing.status != 200) return;
  for (const auto& [name, value] : outgoing.headers) {
    if (name != "ETag" || !lists_tag(known, value)) continue;
    const auto length = outgoing.stream ? outgoing.stream->length() : outgoing.body.size();
    outgoing.status = 304;
    outgoing.body.clear();
    outgoing.stream.reset();
    if (length) outgoing.headers.emplace_back("Content-Length", std::to_string(*length));
    return;
  }
}

Outgoing Router::refuse(const Refusal& refusal) {
  Outgoing outgoing;
  const std::string request_id = new_request_id();
  add_problem(outgoing, refusal.error, {}, request_id, refusal.status);
  add_common(outgoing, request_id);
  edge_->dress(nullptr, {}, {}, outgoing);
  return outgoing;
}

std::string Router::new_request_id() { return id_prefix_ + std::to_string(++requests_); }

}  // namespace factory::http
