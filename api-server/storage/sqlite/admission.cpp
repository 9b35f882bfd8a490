#include "storage/sqlite/admission.hpp"

#include <algorithm>
#include <vector>

#include "storage/sqlite/tag_list.hpp"

namespace factory::storage {

void Admission::begin_batch() {
  batch_heads_.clear();
  batch_tags_.clear();
  batch_requests_.clear();
  tables_.reset();
}

void Admission::end_batch() { tables_.reset(); }

void Admission::written() {
  for (const auto& [stream, head] : batch_heads_) heads_.put(stream, head);
}

/// Tables with all that is not pending any more.
Connection& Admission::tables() {
  const std::int64_t drops = pending_.drops();
  if (!tables_ || tables_->drops != drops) {
    tables_.reset();
    tables_ = std::make_unique<Tables>(readers_);
    tables_->drops = drops;
  }
  return *tables_->lease;
}

CommitOutcome Admission::admit(const Commit& commit) {
  // A repeated request fails at what it wrote itself: it is told so.
  if (commit.request && request_exists(*commit.request)) return CommitOutcome::request_exists;
  if (!versions_stand(commit)) return CommitOutcome::conflict;
  if (is_taken(commit)) return CommitOutcome::taken;
  note(commit);
  return CommitOutcome::committed;
}

void Admission::note(const Commit& commit) {
  for (const Append& append : commit.appends) {
    if (append.events.empty()) continue;
    const std::int64_t head =
        append.expected_version + static_cast<std::int64_t>(append.events.size());
    batch_heads_[append.stream] = head;
  }
  for (const ViewWrite& view : commit.views) {
    for (const Tag& tag : view.removed) batch_tags_.erase({tag.key, tag.value});
    for (const Tag& tag : view.added) {
      if (tag.unique) batch_tags_[{tag.key, tag.value}] = view.row.id;
    }
  }
  if (commit.request) batch_requests_.emplace(commit.request->principal, commit.request->key);
}

bool Admission::versions_stand(const Commit& commit) {
  const auto& appends = commit.appends;
  for (auto append = appends.begin(); append != appends.end(); ++append) {
    // A stream may be appended to twice in one commit: then the first time gives the version.
    auto earlier = append;
    while (earlier != appends.begin() && (--earlier)->stream != append->stream) {
    }
    const bool twice = earlier != append && earlier->stream == append->stream;
    const bool stands =
        twice ? append->expected_version ==
                    earlier->expected_version + static_cast<std::int64_t>(earlier->events.size())
              : version_stands(append->stream, append->expected_version);
    if (!stands) return false;
  }
  return true;
}

bool Admission::version_stands(const std::string& stream, std::int64_t expected) {
  const auto in_batch = batch_heads_.find(stream);
  if (in_batch != batch_heads_.end()) return in_batch->second == expected;
  if (const auto remembered = heads_.find(stream)) return *remembered == expected;
  if (const auto pending = pending_.head(stream)) return *pending == expected;
  Query head =
      tables().query("SELECT version FROM events WHERE stream = ? ORDER BY version DESC LIMIT 1");
  const std::int64_t version = head.with(stream).step() ? head.integer(0) : 0;
  return version == expected;
}

bool Admission::is_taken(const Commit& commit) {
  std::set<Pair> wanted;
  for (const ViewWrite& view : commit.views) {
    for (const Tag& tag : view.added) {
      if (!tag.unique) continue;
      const bool twice = !wanted.emplace(tag.key, tag.value).second;
      if (twice || is_taken(tag, view.row.id)) return true;
    }
  }
  return false;
}

/// Looked up, as nobody else writes: an index of its own would be one tree more for every command.
bool Admission::is_taken(const Tag& tag, const std::string& id) {
  const auto in_batch = batch_tags_.find({tag.key, tag.value});
  if (in_batch != batch_tags_.end()) return in_batch->second != id;
  while (true) {
    const std::int64_t drops = pending_.drops();
    std::vector<std::string> carriers = pending_.tagged(tag);
    {
      Query rows =
          tables().query("SELECT id FROM tags WHERE key = ? AND value = ? AND id <> ? LIMIT 2");
      rows.with(tag.key, tag.value, id);
      while (rows.step()) carriers.push_back(rows.text(0));
    }
    const bool taken = std::any_of(carriers.begin(), carriers.end(), [&](const auto& carrier) {
      if (carrier == id) return false;
      const auto changed = pending_.view(carrier);
      return !changed || find_tag(changed->tags, tag.key, tag.value);
    });
    if (pending_.drops() == drops) return taken;
  }
}

bool Admission::request_exists(const RequestRecord& request) {
  if (batch_requests_.contains({request.principal, request.key})) return true;
  if (pending_.request(request.principal, request.key)) return true;
  return tables()
      .query("SELECT 1 FROM requests WHERE principal = ? AND key = ?")
      .with(request.principal, request.key)
      .step();
}

}  // namespace factory::storage
