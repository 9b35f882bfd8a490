#include "storage/sqlite/pending.hpp"

#include <algorithm>

#include "storage/sqlite/tag_list.hpp"

namespace factory::storage {

namespace {

template <class Map, class Key>
void forget_one(Map& map, const Key& key, std::int64_t number) {
  const auto found = map.find(key);
  if (found != map.end() && found->second.number == number) map.erase(found);
}

/// The key of an entry has to lie in the batch that said it last: the earlier one may go first.
template <class Map, class Key, class Value>
void say(Map& map, const Key& key, std::int64_t number, Value value) {
  if (auto node = map.extract(key)) {
    node.key() = key;
    node.mapped() = {number, value};
    map.insert(std::move(node));
  } else {
    map.emplace(key, typename Map::mapped_type{number, value});
  }
}

ViewRow row_of(const ViewText& text) {
  ViewRow row;
  row.id = text.id;
  row.kind = text.kind;
  row.status = text.status;
  row.version = text.version;
  row.schema_version = text.schema_version;
  row.updated_at = from_millis(text.updated_at);
  row.doc = text.doc;
  row.text = text.text;
  row.tags = decode_tags(text.tags);
  return row;
}

}  // namespace

Batch::Batch(std::int64_t given_number, std::string given_bytes)
    : number(given_number), bytes(std::move(given_bytes)), commits(decode(bytes)) {
  for (const CommitText& commit : commits) {
    has_effects = has_effects || !commit.effects.empty();
  }
}

bool Pending::add(std::shared_ptr<const Batch> batch) {
  const std::lock_guard lock(mutex_);
  const bool first = batches_.empty();
  for (const CommitText& commit : batch->commits) index(commit, batch->number);
  bytes_ += batch->bytes.size();
  batches_.push_back(std::move(batch));
  return first;
}

void Pending::index(const CommitText& commit, std::int64_t number) {
  for (const EventText& event : commit.events) say(heads_, event.stream, number, event.version);
  for (const ViewText& view : commit.views) {
    say(views_, view.id, number, &view);
    for (const TagText& tag : view.added) {
      tags_.emplace(Pair(tag.key, tag.value), Said<std::string_view>{number, view.id});
    }
  }
  if (commit.request) {
    say(requests_, Pair(commit.request->principal, commit.request->key), number, &*commit.request);
  }
}

void Pending::forget(const CommitText& commit, std::int64_t number) {
  for (const EventText& event : commit.events) forget_one(heads_, event.stream, number);
  for (const ViewText& view : commit.views) {
    forget_one(views_, view.id, number);
    for (const TagText& tag : view.added) {
      // Equal keys stand in the order in which they came.
      auto [at, end] = tags_.equal_range(Pair(tag.key, tag.value));
      while (at != end && at->second.number <= number) at = tags_.erase(at);
    }
  }
  if (commit.request) {
    forget_one(requests_, Pair(commit.request->principal, commit.request->key), number);
  }
}

void Pending::drop(std::int64_t moved) {
  Batches gone;  // freed without the lock
  const std::lock_guard lock(mutex_);
  ++drops_;
  while (!batches_.empty() && batches_.front()->number <= moved) {
    const Batch& batch = *batches_.front();
    for (const CommitText& commit : batch.commits) forget(commit, batch.number);
    bytes_ -= batch.bytes.size();
    gone.push_back(std::move(batches_.front()));
    batches_.pop_front();
  }
}

Batches Pending::batches() const {
  const std::lock_guard lock(mutex_);
  return {batches_.begin(), batches_.end()};
}

std::optional<ViewRow> Pending::view(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = views_.find(id);
  if (found == views_.end()) return std::nullopt;
  return row_of(*found->second.value);
}

std::vector<std::string> Pending::tagged(const Tag& tag) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> ids;
  const auto [begin, end] = tags_.equal_range(Pair(tag.key, tag.value));
  for (auto at = begin; at != end; ++at) ids.emplace_back(at->second.value);
  return ids;
}

std::optional<std::int64_t> Pending::head(const std::string& stream) const {
  const std::lock_guard lock(mutex_);
  const auto found = heads_.find(stream);
  if (found == heads_.end()) return std::nullopt;
  return found->second.value;
}

std::optional<RequestRecord> Pending::request(const std::string& principal,
                                              const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = requests_.find(Pair(principal, key));
  if (found == requests_.end()) return std::nullopt;
  const RequestText& text = *found->second.value;
  return RequestRecord{principal,
                       key,
                       std::string(text.fingerprint),
                       static_cast<int>(text.status),
                       std::string(text.answer),
                       from_millis(text.at)};
}

std::vector<TimerRow> Pending::due_timers(Time now, const std::vector<TimerRow>& moved) const {
  std::map<Pair, Time> due;
  for (const TimerRow& timer : moved) due[{timer.stream, timer.name}] = timer.due;
  const Batches held = batches();  // the names lie in them
  for (const auto& batch : held) {
    for (const CommitText& commit : batch->commits) {
      for (const TimerText& timer : commit.timers) {
        if (timer.due && *timer.due <= to_millis(now)) {
          due[{timer.stream, timer.name}] = from_millis(*timer.due);
        } else {
          due.erase({timer.stream, timer.name});
        }
      }
    }
  }
  std::vector<TimerRow> timers;
  for (const auto& [name, at] : due) {
    timers.push_back({std::string(name.first), std::string(name.second), at});
  }
  std::stable_sort(timers.begin(), timers.end(),
                   [](const TimerRow& a, const TimerRow& b) { return a.due < b.due; });
  return timers;
}

bool Pending::has_effects() const {
  const std::lock_guard lock(mutex_);
  return std::any_of(batches_.begin(), batches_.end(),
                     [](const auto& batch) { return batch->has_effects; });
}

}  // namespace factory::storage
