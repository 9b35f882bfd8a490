#include "slices/webhook/payload.hpp"

#include "common/digest.hpp"
#include "common/ids.hpp"
#include "common/json_writer.hpp"
#include "engine/public_data.hpp"

namespace factory::webhook {
namespace {

using nlohmann::json;

constexpr std::size_t kSequenceDigits = 20;

/// Lexical and numerical order are one (CloudEvents' extension "sequence" is a text).
std::string sequence_text(std::int64_t sequence) {
  const std::string digits = std::to_string(sequence);
  return std::string(kSequenceDigits - digits.size(), '0') + digits;
}

std::string kind_of(const std::string& type) { return type.substr(0, type.find('.')); }

/// The envelope around `data`, which is JSON text.
std::string cloud_event(const storage::Parcel& parcel, Time at, const std::string& source,
                        const std::string& data) {
  JsonWriter out;
  out.begin_object().put("specversion", "1.0").put("id", parcel.id).put("source", source);
  out.put("type", parcel.type).put("subject", parcel.entity).put("time", at);
  out.put("datacontenttype", "application/json");
  out.put("sequence", sequence_text(parcel.sequence));
  out.put_some("traceparent", parcel.traceparent);
  out.put_raw("data", data);
  return out.end_object().take();
}

std::string data_text(const storage::EventRecord& event, const json& body) {
  const json actor = body.value("actor", json::object());
  json data = engine::public_data(body.value("data", json::object()));
  // What was handed in stays in the house; who may see it asks for it.
  for (const char* inside : {"evidence", "report_data"}) data.erase(inside);
  const json whole{{"actor",
                    {{"type", actor.value("type", "system")},
                     {"id", event.actor},
                     {"channel", actor.value("channel", "")}}},
                   {"entity", {{"type", kind_of(event.type)}, {"id", event.stream}}},
                   {"version", event.version},
                   {"position", event.position},
                   {"event", std::move(data)}};
  return whole.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

storage::Parcel parcel_of(const storage::EventRecord& event, const std::string& source) {
  const json body = storage::archived(event) ? json::object() : json::parse(event.body);
  storage::Parcel parcel;
  parcel.id = derived_id("evt", event.hash);
  parcel.type = event.type;
  parcel.entity = event.stream;
  parcel.sequence = event.version;
  parcel.position = event.position;
  parcel.traceparent = body.value("traceparent", "");
  parcel.body = cloud_event(parcel, event.at, source, data_text(event, body));
  return parcel;
}

storage::Parcel ping(const std::string& webhook, const std::string& id, Time now,
                     const std::string& source) {
  storage::Parcel parcel;
  parcel.id = derived_id("evt", sha256("ping:" + webhook + ":", id));
  parcel.type = "webhook.ping";
  parcel.entity = webhook;
  parcel.body = cloud_event(parcel, now, source, R"({"message":"Deliveries arrive here."})");
  return parcel;
}

storage::NewDelivery delivery_of(const std::string& webhook, storage::Parcel parcel) {
  storage::NewDelivery delivery;
  delivery.id = derived_id("msg", sha256(webhook + ":", parcel.id));
  delivery.webhook = webhook;
  delivery.lane = parcel.position > 0 ? parcel.entity : parcel.id;
  delivery.parcel = std::move(parcel);
  return delivery;
}

}  // namespace factory::webhook
