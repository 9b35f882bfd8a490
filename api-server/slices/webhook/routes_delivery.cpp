#include <algorithm>
#include <nlohmann/json.hpp>

#include "http/problem.hpp"
#include "slices/webhook/payload.hpp"
#include "slices/webhook/routes.hpp"
#include "slices/webhook/webhook.hpp"

namespace factory::webhook {
namespace {

using http::Answer;
using http::Request;
using nlohmann::json;
using storage::Delivery;

constexpr int kEventsAtOnce = 500;
/// What one call of a replay looks at; it says where to go on.
constexpr std::int64_t kMostEvents = 10'000;
constexpr int kMostDead = 10'000;

json document(const Delivery& delivery) {
  json doc{{"id", delivery.id},
           {"webhook_id", delivery.webhook},
           {"status", name_of(delivery.status)},
           {"event_id", delivery.parcel.id},
           {"event_type", delivery.parcel.type},
           {"entity_id", delivery.parcel.entity},
           {"sequence", delivery.parcel.sequence},
           {"attempts", delivery.attempts},
           {"created_at", format_time(delivery.created)}};
  if (delivery.parcel.position > 0) doc["position"] = delivery.parcel.position;
  const bool open = !delivery.settled;
  if (open && delivery.status == storage::DeliveryStatus::pending) {
    doc["next_attempt_at"] = format_time(delivery.due);
  }
  if (delivery.first_attempt) doc["first_attempt_at"] = format_time(*delivery.first_attempt);
  if (delivery.settled) doc["settled_at"] = format_time(*delivery.settled);
  if (delivery.last_status != 0) doc["last_status"] = delivery.last_status;
  if (!delivery.error.empty()) doc["error"] = delivery.error;
  return doc;
}

json document(const storage::DeliveryAttempt& attempt) {
  json doc{{"attempt", attempt.attempt},
           {"at", format_time(attempt.at)},
           {"duration_ms", attempt.took.count()},
           {"request_headers", json::parse(attempt.request_headers)}};
  if (attempt.status != 0) {
    doc["status"] = attempt.status;
    doc["response_headers"] = json::parse(attempt.response_headers);
    doc["response_body"] = attempt.response_body;
  }
  if (!attempt.error.empty()) doc["error"] = attempt.error;
  return doc;
}

Answer answer_of(const json& doc, int status = 200) {
  Answer answer;
  answer.status = status;
  answer.body = doc.dump();
  return answer;
}

/// The webhook that the path names, if something can be sent to it.
Result<storage::ViewRow> find_enabled(const Services& services, const Request& request) {
  auto row = find(services, request);
  if (!row || row->status == factory::name_of(Status::enabled)) return row;
  return Error{ErrorCode::conflict,
               "The webhook " + row->id + " is disabled.",
               "Enable it first: POST /v1/webhooks/" + row->id + "/enable.",
               {},
               {}};
}

Result<Delivery> find_delivery(const Outlet& outlet, const std::string& webhook,
                               const Request& request) {
  const std::string& id = request.path.at("delivery_id");
  auto delivery = outlet.deliveries.find(webhook, id);
  if (delivery) return std::move(*delivery);
  return Error{ErrorCode::not_found,
               "The webhook " + webhook + " has no delivery " + id + ".",
               "What was delivered is forgotten after 30 days.",
               {},
               {}};
}

Result<Answer> list(const Services& services, const Outlet& outlet, const Request& request) {
  const auto row = find(services, request);
  if (!row) return row.error();
  storage::DeliveryQuery query;
  query.webhook = row->id;
  query.limit = request.query.value("limit", 20);
  query.cursor = request.query.value("cursor", "");
  query.status = storage::delivery_status(request.query.value("status", ""));
  storage::DeliveryPage page;
  try {
    page = outlet.deliveries.list(query);
  } catch (const std::invalid_argument& wrong) {
    return http::field_error("query/cursor", wrong.what());
  }
  json list = json::array();
  for (const Delivery& delivery : page.deliveries) list.push_back(document(delivery));
  Answer answer = answer_of(
      {{"deliveries", std::move(list)},
       {"next_cursor", page.next_cursor.empty() ? json(nullptr) : json(page.next_cursor)}});
  answer.next_cursor = page.next_cursor;
  return answer;
}

Result<Answer> get(const Services& services, const Outlet& outlet, const Request& request) {
  const auto row = find(services, request);
  if (!row) return row.error();
  const auto delivery = find_delivery(outlet, row->id, request);
  if (!delivery) return delivery.error();
  json doc = document(*delivery);
  doc["request_body"] = delivery->parcel.body;
  doc["attempt_log"] = json::array();
  for (const storage::DeliveryAttempt& one : outlet.deliveries.attempts(*delivery)) {
    doc["attempt_log"].push_back(document(one));
  }
  return answer_of(doc);
}

/// The delivery as it stands after something was done to it.
Result<Answer> shown(const Outlet& outlet, const std::string& webhook, const std::string& id) {
  const auto delivery = outlet.deliveries.find(webhook, id);
  if (!delivery) return Error{ErrorCode::not_found, "The delivery is gone.", {}, {}, {}};
  return answer_of(document(*delivery), 202);
}

Result<Answer> replay_one(const Services& services, const Outlet& outlet, const Request& request) {
  const auto row = find_enabled(services, request);
  if (!row) return row.error();
  const auto delivery = find_delivery(outlet, row->id, request);
  if (!delivery) return delivery.error();
  const storage::NewDelivery again{delivery->id, row->id, delivery->parcel, {}};
  outlet.deliveries.replay({&again, 1}, services.clock.now());
  outlet.poke();
  return shown(outlet, row->id, delivery->id);
}

/// With the same Idempotency-Key it is the same ping.
Result<Answer> test(const Services& services, const Outlet& outlet, const Request& request) {
  const auto row = find_enabled(services, request);
  if (!row) return row.error();
  const Time now = services.clock.now();
  const std::string which = request.idempotency_key.empty()
                                ? services.ids.next(now).make("ping")
                                : request.principal.id + ":" + request.idempotency_key;
  storage::NewDelivery made = delivery_of(row->id, ping(row->id, which, now, outlet.source));
  if (!outlet.deliveries.find(row->id, made.id)) outlet.deliveries.replay({&made, 1}, now);
  outlet.poke();
  return shown(outlet, row->id, made.id);
}

/// What of the log a replay takes.
Result<storage::EventQuery> range_of(const json& body) {
  storage::EventQuery query;
  query.limit = kEventsAtOnce;
  query.after = body.value("from_position", std::int64_t{1}) - 1;
  for (const auto& [name, time] :
       {std::pair{"since", &storage::EventQuery::since}, {"until", &storage::EventQuery::until}}) {
    if (!body.contains(name)) continue;
    query.*time = parse_time(body[name].get<std::string>());
  }
  if (body.contains("from_position") || query.since) return query;
  return http::field_error("/since", "or from_position, or status must say what to replay");
}

/// Events of the range that the webhook asks for, as many as one call takes.
json replay_range(const Services& services, const Outlet& outlet, const storage::ViewRow& row,
                  storage::EventQuery query, std::int64_t last) {
  static const engine::SliceOf<Definition> slice;
  const auto loaded = engine::load_stream(services.store, slice, row.id);
  const auto& state = *static_cast<const State*>(loaded.state.get());
  std::int64_t seen = 0;
  std::int64_t replayed = 0;
  json next = nullptr;
  for (bool more = true; more && next.is_null();) {
    const storage::EventPage page = services.store.read_events(query);
    std::vector<storage::NewDelivery> made;
    for (const storage::EventRecord& event : page.events) {
      if (event.position > last || storage::archived(event)) continue;
      ++seen;
      if (wants(state, event.type)) {
        made.push_back(delivery_of(row.id, parcel_of(event, outlet.source)));
      }
    }
    outlet.deliveries.replay(made, services.clock.now());
    replayed += static_cast<std::int64_t>(made.size());
    more = page.next && *page.next < last;
    if (!more) break;
    query.after = *page.next;
    if (seen >= kMostEvents) next = query.after + 1;
  }
  return {{"replayed", replayed}, {"next_position", next}};
}

Result<Answer> replay(const Services& services, const Outlet& outlet, const Request& request) {
  const auto row = find_enabled(services, request);
  if (!row) return row.error();
  const json& body = request.body;
  if (body.contains("status") && body.size() > 1) {
    return http::field_error("/status", "stands for all dead letters, without a range");
  }
  json done;
  if (body.contains("status")) {
    const int count = outlet.deliveries.replay_dead(row->id, services.clock.now(), kMostDead);
    done = {{"replayed", count}, {"next_position", nullptr}};
  } else {
    const auto query = range_of(body);
    if (!query) return query.error();
    const std::int64_t end = services.store.last_position();
    const std::int64_t last = std::min(end, body.value("to_position", end));
    done = replay_range(services, outlet, *row, *query, last);
  }
  outlet.poke();
  return answer_of(done, 202);
}

}  // namespace

void bind_delivery_routes(http::Handlers& handlers, const Services& services,
                          const Outlet& outlet) {
  using Handle = Result<Answer> (*)(const Services&, const Outlet&, const Request&);
  const auto bind = [&](const char* operation, Handle handle) {
    handlers.bind(operation, [&services, outlet, handle](const Request& request) {
      return handle(services, outlet, request);
    });
  };
  bind("webhook.deliveries", &list);
  bind("webhook.delivery", &get);
  bind("webhook.replay_delivery", &replay_one);
  bind("webhook.test", &test);
  bind("webhook.replay", &replay);
}

}  // namespace factory::webhook
