#include "queries/history.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "common/text.hpp"
#include "engine/runner.hpp"

namespace factory::queries {
namespace {

using nlohmann::json;

constexpr std::size_t most_changes = 20;
constexpr std::size_t most_bytes = 300;
constexpr std::int64_t most_events = 1000;

json bounded(const json& value) {
  if (value.is_string()) return excerpt(value.get_ref<const std::string&>(), most_bytes);
  if (!value.is_structured()) return value;
  std::string text = value.dump();
  return text.size() <= most_bytes ? value : json(excerpt(text, most_bytes));
}

/// Members of objects and items of equally long lists are compared one by one.
bool comparable(const json& before, const json& after) {
  return (before.is_object() && after.is_object()) ||
         (before.is_array() && after.is_array() && before.size() == after.size());
}

json at(const json& container, const std::string& key) {
  if (container.is_array()) return container.at(std::stoul(key));
  return container.value(key, json(nullptr));
}

std::set<std::string> keys_of(const json& before, const json& after) {
  std::set<std::string> keys;
  for (const auto& item : before.items()) keys.insert(item.key());
  for (const auto& item : after.items()) keys.insert(item.key());
  return keys;
}

void compare(const json& before, const json& after, const std::string& path, json& changes) {
  if (before == after || changes.size() >= most_changes) return;
  if (!comparable(before, after)) {
    changes[path] = {{"from", bounded(before)}, {"to", bounded(after)}};
    return;
  }
  for (const std::string& key : keys_of(before, after)) {
    compare(at(before, key), at(after, key), path.empty() ? key : path + "/" + key, changes);
  }
}

constexpr std::array<const char*, 3> always_moving{"version", "updated_at", "id"};

}  // namespace

json difference(const json& before, const json& after) {
  json from = before.is_object() ? before : json::object();
  json to = after.is_object() ? after : json::object();
  for (const char* name : always_moving) {
    from.erase(name);
    to.erase(name);
  }
  json changes = json::object();
  compare(from, to, "", changes);
  return changes;
}

std::map<std::int64_t, json> changes_of(storage::Store& store, const Slices& slices,
                                        const std::string& stream,
                                        const std::vector<std::int64_t>& versions) {
  std::map<std::int64_t, json> changes;
  for (const std::int64_t version : versions) changes[version] = nullptr;
  const engine::Slice* slice = engine::slice_of(slices, stream);
  const bool affordable =
      std::ranges::any_of(versions, [](std::int64_t version) { return version <= most_events; });
  if (slice == nullptr || !affordable) return changes;
  const std::int64_t last = *std::ranges::max_element(versions);
  engine::StatePtr state = slice->initial();
  for (const storage::EventRecord& record : store.load(stream)) {
    if (record.version > std::min(last, most_events) || storage::archived(record)) break;
    const auto wanted = changes.find(record.version);
    const bool is_wanted = wanted != changes.end();
    const json before = is_wanted && record.version > 1
                            ? json::parse(slice->view(stream, state).doc)
                            : json(nullptr);
    state = slice->evolve(state, {slice->decode(record.type, engine::event_data(record.body))});
    if (is_wanted) {
      wanted->second = difference(before, json::parse(slice->view(stream, state).doc));
    }
  }
  return changes;
}

}  // namespace factory::queries
