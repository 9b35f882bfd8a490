#include "queries/audit.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "engine/public_data.hpp"
#include "queries/moment.hpp"
#include "queries/words.hpp"

namespace factory::queries {
namespace {

using nlohmann::json;

/// Pages of the store that one request looks at where filters skip much: some 100,000 events.
constexpr int most_pages = 5;
constexpr int at_a_time = 500;

/// What no column holds: read from the event itself.
struct BodyFilter {
  std::string channel, request_id;
  [[nodiscard]] bool idle() const { return channel.empty() && request_id.empty(); }

  [[nodiscard]] bool passes(const storage::EventRecord& event) const {
    if (idle()) return true;
    // Most have it nowhere: that is seen without reading them as JSON.
    for (const std::string& word : {channel, request_id}) {
      if (!word.empty() && event.body.find(word) == std::string::npos) return false;
    }
    const json body = json::parse(event.body, nullptr, false);
    if (!body.is_object() || !body.contains("actor")) return false;
    const bool same = channel.empty() || body["actor"].value("channel", "") == channel;
    return same && (request_id.empty() || body.value("request_id", "") == request_id);
  }
};

factory::Status read_cursor(const json& query, storage::EventQuery& events) {
  const std::string text = query.value("cursor", "");
  if (text.empty()) return Done{};
  std::int64_t position = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), position);
  if (error != std::errc{} || end != text.data() + text.size() || position < 0) {
    return bad_parameter("cursor", "it is not `next_cursor` of a page before");
  }
  if (events.descending) {
    events.before = position;
  } else {
    events.after = position;
  }
  return Done{};
}

/// The type that the store looks for; nullopt if `action` is none of `entity_type`.
std::optional<std::string> type_of(const std::string& entity_type, const std::string& action) {
  if (entity_type.empty()) return action;
  if (action.empty()) return entity_type + ".*";
  return action.starts_with(entity_type + ".") ? std::optional(action) : std::nullopt;
}

Result<storage::EventQuery> read_query(const json& query) {
  storage::EventQuery events;
  events.descending = query.value("order", "desc") == "desc";
  events.limit = query.value("limit", 20);
  events.stream = query.value("entity_id", "");
  events.actor = query.value("actor", "");
  if (auto status = read_moment(query, "since", events.since); !status) return status.error();
  if (auto status = read_moment(query, "until", events.until); !status) return status.error();
  if (auto status = read_cursor(query, events); !status) return status.error();
  return events;
}

/// Reads on until the page is full, the log ends, or enough was looked at.
storage::EventPage find(storage::Store& store, storage::EventQuery query,
                        const BodyFilter& filter) {
  const auto limit = static_cast<std::size_t>(std::max(query.limit, 1));
  if (!filter.idle()) query.limit = at_a_time;
  storage::EventPage found;
  for (int pages = 0; pages < most_pages; ++pages) {
    storage::EventPage page = store.read_events(query);
    for (storage::EventRecord& event : page.events) {
      if (!filter.passes(event)) continue;
      const bool last = &event == &page.events.back();
      found.events.push_back(std::move(event));
      if (found.events.size() < limit) continue;
      found.next = last ? page.next : std::optional(found.events.back().position);
      return found;
    }
    found.next = page.next;
    if (!page.next) return found;
    if (query.descending) {
      query.before = page.next;
    } else {
      query.after = *page.next;
    }
  }
  return found;
}

std::string entity_type(const std::string& event_type) {
  return event_type.substr(0, event_type.find('.'));
}

json entries_of(const Services& services, const Slices& slices,
                const std::vector<storage::EventRecord>& events) {
  std::map<std::string, std::vector<std::int64_t>> wanted;
  for (const auto& event : events) wanted[event.stream].push_back(event.version);
  std::map<std::string, std::map<std::int64_t, json>> changes;
  for (const auto& [stream, versions] : wanted) {
    changes[stream] = changes_of(services.store, slices, stream, versions);
  }
  json entries = json::array();
  for (const auto& event : events) {
    entries.push_back(audit_entry(event, changes[event.stream][event.version]));
  }
  return entries;
}

}  // namespace

json audit_entry(const storage::EventRecord& event, const json& changes) {
  const bool gone = storage::archived(event);
  const json body = gone ? json::object() : json::parse(event.body);
  const json actor = body.value("actor", json::object());
  json metadata{{"position", event.position},
                {"version", event.version},
                {"hash", to_hex(event.hash)},
                {"data", engine::public_data(body.value("data", json::object()))}};
  for (const char* name : {"request_id", "traceparent", "ip", "user_agent"}) {
    if (body.contains(name)) metadata[name] = body[name];
  }
  if (const std::string key = actor.value("key_id", ""); !key.empty()) metadata["key_id"] = key;
  if (gone) metadata["archived"] = true;
  if (changes.is_null()) metadata["changes_omitted"] = true;
  return {{"id", "audit_" + std::to_string(event.position)},
          {"timestamp", format_time(event.at)},
          {"actor",
           {{"type", actor.value("type", gone ? "" : "system")},
            {"id", event.actor},
            {"name", actor.value("name", event.actor)},
            {"channel", actor.value("channel", "")}}},
          {"action", event.type},
          {"entity", {{"type", entity_type(event.type)}, {"id", event.stream}}},
          {"changes", changes.is_null() ? json::object() : changes},
          {"metadata", std::move(metadata)}};
}

Result<http::Answer> audit(const Services& services, const Slices& slices,
                           const http::Request& request) {
  auto query = read_query(request.query);
  if (!query) return query.error();
  const BodyFilter filter{request.query.value("channel", ""),
                          request.query.value("request_id", "")};
  const auto type =
      type_of(request.query.value("entity_type", ""), request.query.value("action", ""));
  storage::EventPage page;
  if (type) {
    query->type = *type;
    page = find(services.store, *query, filter);
  }
  http::Answer answer;
  if (page.next) answer.next_cursor = std::to_string(*page.next);
  const auto count = static_cast<std::int64_t>(page.events.size());
  const json document{
      {"entries", entries_of(services, slices, page.events)},
      {"next_cursor", page.next ? json(answer.next_cursor) : json(nullptr)},
      {"summary", count_words(count, "event") + (page.next ? "; more follow." : ".")}};
  answer.body = document.dump();
  return answer;
}

}  // namespace factory::queries
