#include <algorithm>
#include <stdexcept>

#include "engine/runner.hpp"

namespace factory::engine {

const Slice* slice_of(const std::vector<std::shared_ptr<const Slice>>& slices,
                      std::string_view stream) {
  const auto found = std::find_if(slices.begin(), slices.end(), [&](const auto& slice) {
    return has_prefix(stream, slice->prefix());
  });
  return found == slices.end() ? nullptr : found->get();
}

namespace {

/// How the text of every event begins, up to the actor.
void put_beginning(JsonWriter& out, const storage::EventRecord& record) {
  out.begin_object();
  out.put("stream", record.stream).put("version", record.version).put("type", record.type);
  out.put("v", 1).put("at", record.at);
}

}  // namespace

std::string event_body(const storage::EventRecord& record, std::string_view data,
                       const Call& call) {
  const Principal& actor = call.actor;
  JsonWriter out(data.size() + 500);
  put_beginning(out, record);
  out.key("actor").begin_object().put("type", name_of(actor.type)).put("id", actor.id);
  out.put("channel", actor.channel).put("key_id", actor.key_id).end_object();
  out.put_some("request_id", call.request_id).put_some("traceparent", call.traceparent);
  out.put_some("ip", call.address).put_some("user_agent", call.user_agent);
  out.put_raw("data", data);
  return out.end_object().take();
}

bool says_so(const std::string& body, const storage::EventRecord& record) {
  JsonWriter head;
  put_beginning(head, record);
  JsonWriter id;
  id.begin_object().put("id", record.actor);
  // As event_body() writes it: the actor comes next, its type first, which has no quote within.
  const std::string begin = head.take() + R"(,"actor":{"type":")";
  if (!body.starts_with(begin)) return false;
  const std::size_t type_end = body.find('"', begin.size());
  return type_end != std::string::npos &&
         std::string_view(body).substr(type_end + 1).starts_with("," + id.take().substr(1) + ",");
}

nlohmann::json event_data(const std::string& body) {
  // As event_body() writes it: `data` comes last, and what stands before has no quote within a text
  // that is not escaped. Only the data is read: streams that waited for days are read event by
  // event.
  constexpr std::string_view marker = R"(,"data":)";
  const std::size_t at = body.find(marker);
  if (at != std::string::npos && body.back() == '}') {
    const auto begin = body.begin() + static_cast<std::ptrdiff_t>(at + marker.size());
    auto data = nlohmann::json::parse(begin, body.end() - 1, nullptr, false);
    if (!data.is_discarded()) return data;
  }
  throw std::runtime_error("a stored event is no JSON object with data");
}

LoadedStream load_stream(storage::Store& store, const Slice& slice, const std::string& stream) {
  LoadedStream loaded{slice.initial(), 0, Hash{}, Time{}, false};
  std::vector<AnyEvent> events;
  for (storage::EventRecord& record : store.load(stream)) {
    loaded.archived = storage::archived(record);
    if (!loaded.archived) events.push_back(slice.decode(record.type, event_data(record.body)));
    loaded.version = record.version;
    loaded.head = record.hash;
    loaded.updated_at = record.at;
  }
  if (!events.empty()) loaded.state = slice.evolve(loaded.state, events);
  return loaded;
}

storage::ViewRow view_row(const Slice& slice, const std::string& stream, const StatePtr& state,
                          std::int64_t version, Time updated_at) {
  View view = slice.view(stream, state);
  view.doc.pop_back();  // the closing brace comes back behind what is added
  view.doc += ",\"version\":" + std::to_string(version) + ",\"updated_at\":\"" +
              format_time(updated_at) + "\"}";
  storage::ViewRow row;
  row.id = stream;
  row.kind = slice.kind();
  row.status = std::move(view.status);
  row.version = version;
  row.schema_version = slice.view_version();
  row.updated_at = updated_at;
  row.doc = std::move(view.doc);
  row.text = std::move(view.text);
  for (IndexEntry& entry : view.index) {
    row.tags.push_back(
        {std::move(entry.key), std::move(entry.value), entry.rank, entry.at, entry.unique});
  }
  return row;
}

}  // namespace factory::engine
