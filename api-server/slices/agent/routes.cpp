#include "slices/agent/routes.hpp"

#include <memory>
#include <nlohmann/json.hpp>

#include "flows/slices.hpp"
#include "queries/audit.hpp"
#include "queries/listing.hpp"
#include "queries/words.hpp"
#include "slices/agent/next.hpp"
#include "slices/agent/show.hpp"

namespace factory::agent {
namespace {

using http::Answer;
using http::Request;
using nlohmann::json;

constexpr std::size_t most_metrics = 4096;

Answer answer_of(const json& doc, std::int64_t version) {
  Answer answer;
  answer.body = doc.dump();
  answer.etag = version;
  return answer;
}

/// An agent's document with what the lease says, now that it is on disk.
void add_lease(const Services& services, const Leases& leases, Answer& answer) {
  json doc = json::parse(answer.body);
  complete(doc, leases, services.clock.now());
  answer.body = doc.dump();
}

std::vector<std::string> texts(const json& body, const char* name) {
  return body.value(name, std::vector<std::string>{});
}

Result<Answer> register_one(const Services& services, const Request& request) {
  const json& body = request.body;
  Registered profile;
  profile.name = body.at("name").get<std::string>();
  profile.kind = body.value("type", std::string("ai_builder"));
  profile.capabilities = texts(body, "capabilities");
  profile.owner = body.value("owner", std::string());
  profile.lease_ttl_seconds = body.value("lease_ttl_seconds", 60);
  const std::string id = stream_of(profile.name);
  return http::command(services, request, id, Command{Register{std::move(profile)}}, 201);
}

Result<Answer> list(const Services& services, const Leases& leases, const Request& request) {
  storage::ViewQuery query;
  query.kind = Definition::kind;
  const std::string status = request.query.value("status", "registered");
  const std::string type = request.query.value("type", "");
  const Time now = services.clock.now();
  query.statuses = {"offline", "idle", "active", "error"};
  if (status == "deregistered") query.statuses = {status};
  auto listed = queries::list(services, request, query, [&](json doc) {
    if (!type.empty() && doc.at("type") != type) return false;
    if (status == "registered") return true;
    complete(doc, leases, now);
    return doc.at("status") == status;
  });
  if (!listed) return listed.error();
  for (json& doc : listed->docs) complete(doc, leases, now);
  std::string summary =
      queries::count_words(static_cast<std::int64_t>(listed->docs.size()), "agent") +
      (listed->next_cursor.empty() ? "." : " on this page; more follow.");
  return queries::list_answer(std::move(*listed), "agents", std::move(summary));
}

Result<Answer> get(const Services& services, const Leases& leases, const Request& request) {
  const auto row = find(services, request);
  if (!row) return row.error();
  json doc = json::parse(row->doc);
  complete(doc, leases, services.clock.now());
  return answer_of(doc, row->version);
}

/// A command on the agent itself; the answer is its document.
Result<Answer> change(const Services& services, const Request& request, Command command) {
  const auto row = find(services, request);
  if (!row) return row.error();
  return http::command(services, request, row->id, std::move(command));
}

Result<Answer> patch(const Services& services, const Request& request) {
  const json& body = request.body;
  Updated changes;
  if (body.contains("type")) changes.kind = body["type"].get<std::string>();
  if (body.contains("capabilities")) changes.capabilities = texts(body, "capabilities");
  if (body.contains("owner")) changes.owner = body["owner"].get<std::string>();
  if (body.contains("lease_ttl_seconds")) {
    changes.lease_ttl_seconds = body["lease_ttl_seconds"].get<int>();
  }
  return change(services, request, Update{std::move(changes)});
}

Result<Answer> heartbeat(const Services& services, Leases& leases, const Request& request) {
  const auto row = find(services, request);
  if (!row) return row.error();
  const json doc = json::parse(row->doc);
  if (!speaks_for(request.principal, doc.at("name"))) {
    return not_allowed(request.principal, doc.at("name"));
  }
  const std::string metrics =
      request.body.contains("metrics") ? request.body["metrics"].dump() : std::string();
  if (metrics.size() > most_metrics) {
    return Error{ErrorCode::payload_too_large,
                 "The metrics are larger than 4 KiB.",
                 "Send a few numbers; what is long belongs into a log.",
                 {{"/metrics", "may have at most 4096 bytes as JSON text"}},
                 {}};
  }
  const Time now = services.clock.now();
  const Status to = enum_from<Status>(request.body.at("status").get<std::string>()).value();
  const Leases::Renewal renewal = leases.renew(row->id, to, now, metrics);
  if (renewal.sign == Leases::Sign::renewed) return answer_of(doc, row->version);
  auto answer = http::command(services, request, row->id, Command{Heartbeat{to, renewal.lapsed}});
  if (answer) leases.note(row->id, now, metrics);
  return answer;
}

/// What the agent did, of the log: the trail of its name.
Result<Answer> activity(const Services& services, const Request& request) {
  const auto row = find(services, request);
  if (!row) return row.error();
  Request own = request;
  own.query["actor"] = json::parse(row->doc).at("name");
  return queries::audit(services, all_slices(), own);
}

}  // namespace

void bind_routes(http::Handlers& handlers, const Services& services, Leases& leases) {
  const http::Completion with_lease = [&services, &leases](const Request&, Answer& answer) {
    add_lease(services, leases, answer);
  };
  handlers.bind(
      "agent.register",
      [&services](const Request& request) { return register_one(services, request); }, with_lease);
  handlers.bind("agent.list", [&services, &leases](const Request& request) {
    return list(services, leases, request);
  });
  handlers.bind("agent.get", [&services, &leases](const Request& request) {
    return get(services, leases, request);
  });
  handlers.bind(
      "agent.patch", [&services](const Request& request) { return patch(services, request); },
      with_lease);
  handlers.bind(
      "agent.deregister",
      [&services](const Request& request) {
        return change(services, request, Deregister{request.query.value("reason", std::string())});
      },
      with_lease);
  handlers.bind(
      "agent.heartbeat",
      [&services, &leases](const Request& request) { return heartbeat(services, leases, request); },
      with_lease);
  handlers.bind("agent.activity",
                [&services](const Request& request) { return activity(services, request); });
  const auto handing = std::make_shared<HandingOut>();
  handlers.bind("agent.next", [&services, &leases, handing](const Request& request) {
    return next(services, leases, *handing, request);
  });
}

}  // namespace factory::agent
