#include <string>

#include "common/digest.hpp"
#include "common/ids.hpp"
#include "common/json_writer.hpp"
#include "slices/notification/notification.hpp"

namespace factory::notification {
namespace {

std::vector<IndexEntry> entries(const State& state) {
  std::vector<IndexEntry> index;
  const std::string& recipient = state.created.recipient;
  const std::int64_t at = to_millis(state.created.at);
  if (state.has(NotifyChannel::in_app) && state.status != Status::dismissed) {
    index.push_back({inbox_key(recipient), "", 0, at});
    if (state.status == Status::unread) index.push_back({unread_key(recipient), "", 0, at});
  }
  if (state.status != Status::unread) {
    const Time since = state.dismissed_at.value_or(state.read_at.value_or(state.created.at));
    index.push_back({std::string(settled_key), "", 0, to_millis(since)});
    return index;
  }
  index.push_back({std::string(open_key), "", 0, at});
  for (const NotifyChannel channel : state.created.channels) {
    if (channel == NotifyChannel::in_app || state.delivered.contains(channel)) continue;
    index.push_back({unsent_key(channel, recipient), "", 0, at});
  }
  return index;
}

std::string document(const std::string& id, const State& state) {
  const Created& created = state.created;
  JsonWriter doc;
  doc.begin_object().put("id", id).put("type", created.kind).put("title", created.title);
  doc.put_some("body", created.body).put("severity", name_of(created.severity));
  doc.put("recipient", created.recipient).put("status", name_of(state.status));
  doc.put("read", state.status != Status::unread).put_some("read_at", state.read_at);
  doc.put("dismissed", state.status == Status::dismissed);
  doc.put_some("step", created.step).put("entity_type", created.entity_type);
  doc.put("entity_id", created.entity_id).put_some("pipeline_id", created.pipeline_id);
  doc.put_some("action_url", created.action_url).put("waits", created.waits);
  doc.key("channels").begin_array();
  for (const NotifyChannel channel : created.channels) doc.value(name_of(channel));
  doc.end_array().key("delivered_via").begin_array();
  for (const auto& [channel, delivered] : state.delivered) {
    doc.begin_object().put("channel", name_of(channel)).put("at", delivered.at);
    doc.put("in_digest", delivered.in_digest).end_object();
  }
  return doc.end_array().put("created_at", created.at).end_object().take();
}

}  // namespace

std::string stream_of(std::string_view stream, std::int64_t version, std::string_view recipient) {
  const std::string source =
      "notification:" + std::string(stream) + ":" + std::to_string(version) + ":";
  return derived_id(Definition::prefix, sha256(source, recipient));
}

std::string inbox_key(std::string_view recipient) {
  return "notification.inbox:" + std::string(recipient);
}

std::string unread_key(std::string_view recipient) {
  return "notification.unread:" + std::string(recipient);
}

std::string unsent_key(NotifyChannel channel, std::string_view recipient) {
  return "notification.unsent." + std::string(name_of(channel)) + ":" + std::string(recipient);
}

View view(const std::string& id, const State& state) {
  return {std::string(name_of(state.status)), document(id, state), "", entries(state)};
}

}  // namespace factory::notification
