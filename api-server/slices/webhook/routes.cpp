#include "slices/webhook/routes.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "common/standard_webhooks.hpp"
#include "common/text.hpp"
#include "identity/identity.hpp"
#include "identity/sealed.hpp"
#include "slices/webhook/target.hpp"
#include "slices/webhook/webhook.hpp"

namespace factory::webhook {
namespace {

using http::Answer;
using http::Request;
using nlohmann::json;

using Texts = std::vector<std::string>;

constexpr int kMostWebhooks = 100;

/// A secret as it is stored, and as it is shown once if it was made here.
struct Secret {
  std::string sealed;
  std::string shown;
};

Result<Secret> take_secret(const Services& services, const json& body) {
  const std::string given = body.value("secret", std::string());
  if (!given.empty() && !standard_webhooks::key_of(given)) {
    const std::string form = "must be whsec_ and 24 to 64 bytes in base64";
    return Error{ErrorCode::invalid_request,
                 "The webhook's secret " + form + ".",
                 "Leave it out, and one is made.",
                 {{"/secret", form}},
                 {}};
  }
  const std::string secret = given.empty() ? standard_webhooks::new_secret() : given;
  return Secret{identity::seal_text(secret, services.identity->pepper.webhook_key()),
                given.empty() ? secret : std::string()};
}

/// Added after the commit: what is stored with the Idempotency-Key never held it.
Result<Answer> show_secret(Result<Answer> answer, const Secret& secret) {
  if (!answer || answer->replayed || secret.shown.empty()) return answer;
  json document = json::parse(answer->body);
  document["secret"] = secret.shown;
  answer->body = document.dump();
  return answer;
}

/// The request as it is remembered for its Idempotency-Key: without anything made of a secret that
/// somebody thought out.
Request without_secret(const Services& services, const Request& request) {
  Request safe = request;
  safe.fingerprint = to_hex(services.identity->pepper.fingerprint(request.fingerprint));
  return safe;
}

factory::Status room_for_one(const Services& services) {
  storage::ViewQuery query;
  query.kind = Definition::kind;
  query.statuses = {"enabled", "disabled"};
  query.limit = kMostWebhooks;
  if (static_cast<int>(services.store.query_views(query).rows.size()) < kMostWebhooks) {
    return Done{};
  }
  return Error{ErrorCode::conflict,
               "There are " + std::to_string(kMostWebhooks) + " webhooks already.",
               "Delete one that nobody needs any more.",
               {},
               {}};
}

Result<Answer> create(const Services& services, const Outlet& outlet, const Request& request) {
  const json& body = request.body;
  Registered wanted;
  wanted.url = body.at("url").get<std::string>();
  wanted.events = body.at("events").get<Texts>();
  wanted.description = body.value("description", "");
  wanted.enabled = body.value("enabled", true);
  if (auto status = check_url(wanted.url, outlet.allowed); !status) return status.error();
  if (auto status = check_events(wanted.events, services.catalog.event_types()); !status) {
    return status.error();
  }
  if (auto status = room_for_one(services); !status) return status.error();
  const auto secret = take_secret(services, body);
  if (!secret) return secret.error();
  wanted.sealed_secret = secret->sealed;
  const std::string id = services.ids.next(services.clock.now()).make(Definition::prefix);
  return show_secret(http::create(services, without_secret(services, request), id,
                                  Command{Register{std::move(wanted)}}),
                     *secret);
}

Result<Answer> list(const Services& services, const Request& request) {
  storage::ViewQuery query;
  query.kind = Definition::kind;
  query.statuses = {"enabled", "disabled"};
  if (const auto status = request.query.find("status"); status != request.query.end()) {
    query.statuses = {status->get<std::string>()};
  }
  return http::page(services, request, std::move(query), "webhooks");
}

Result<Answer> get(const Services& services, const Outlet& outlet, const Request& request) {
  const auto row = find(services, request);
  if (!row) return row.error();
  json document = json::parse(row->doc);
  const storage::DeliveryHealth health = outlet.deliveries.health(row->id);
  if (health.failing_since) document["failing_since"] = format_time(*health.failing_since);
  Answer answer;
  answer.body = document.dump();
  answer.etag = row->version;
  return answer;
}

Result<Answer> run(const Services& services, const Request& request, Command command) {
  const auto row = find(services, request);
  if (!row) return row.error();
  return http::command(services, request, row->id, std::move(command));
}

Result<Answer> patch(const Services& services, const Outlet& outlet, const Request& request) {
  const json& body = request.body;
  Update update;
  if (body.contains("url")) update.url = body["url"].get<std::string>();
  if (body.contains("events")) update.events = body["events"].get<Texts>();
  if (body.contains("description")) update.description = body["description"].get<std::string>();
  if (body.contains("enabled")) update.enabled = body["enabled"].get<bool>();
  if (update.url) {
    if (auto status = check_url(*update.url, outlet.allowed); !status) return status.error();
  }
  if (update.events) {
    const auto& known = services.catalog.event_types();
    if (auto status = check_events(*update.events, known); !status) return status.error();
  }
  return run(services, request, std::move(update));
}

Result<Answer> rotate(const Services& services, const Request& request) {
  const auto secret = take_secret(services, request.body);
  if (!secret) return secret.error();
  return show_secret(run(services, without_secret(services, request),
                         RotateSecret{secret->sealed, request.body.value("overlap_hours", 24)}),
                     *secret);
}

Result<Answer> event_types(const Services& services) {
  json list = json::array();
  for (const EventType& event : services.catalog.event_types()) {
    list.push_back({{"type", event.type},
                    {"entity_type", event.type.substr(0, event.type.find('.'))},
                    {"version", event.version},
                    {"summary", event.summary}});
  }
  Answer answer;
  answer.body = json{{"events", std::move(list)}, {"next_cursor", nullptr}}.dump();
  return answer;
}

}  // namespace

Result<storage::ViewRow> find(const Services& services, const Request& request) {
  const std::string& id = request.path.at("webhook_id");
  auto row = http::find_view(services, std::string(Definition::kind), id);
  if (!row || row->status != name_of(Status::deleted)) return row;
  return Error{ErrorCode::not_found, "The webhook " + id + " was deleted.", {}, {}, {}};
}

void bind_routes(http::Handlers& handlers, const Services& services, const Outlet& outlet) {
  handlers.bind("webhook.create", [&services, outlet](const Request& request) {
    return create(services, outlet, request);
  });
  handlers.bind("webhook.list",
                [&services](const Request& request) { return list(services, request); });
  handlers.bind("webhook.event_types",
                [&services](const Request& /*request*/) { return event_types(services); });
  handlers.bind("webhook.get", [&services, outlet](const Request& request) {
    return get(services, outlet, request);
  });
  handlers.bind("webhook.patch", [&services, outlet](const Request& request) {
    return patch(services, outlet, request);
  });
  handlers.bind("webhook.delete",
                [&services](const Request& request) { return run(services, request, Delete{}); });
  handlers.bind("webhook.rotate",
                [&services](const Request& request) { return rotate(services, request); });
  handlers.bind("webhook.enable",
                [&services](const Request& request) { return run(services, request, Enable{}); });
  handlers.bind("webhook.disable", [&services](const Request& request) {
    return run(services, request,
               Disable{Cause::requested, request.body.value("reason", std::string())});
  });
  bind_delivery_routes(handlers, services, outlet);
}

}  // namespace factory::webhook
