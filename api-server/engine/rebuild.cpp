#include "engine/rebuild.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>

#include "engine/runner.hpp"

namespace factory::engine {

namespace {

constexpr std::size_t most_differences = 100;

std::set<std::string> all_streams(storage::Store& store) {
  std::set<std::string> streams;
  storage::EventQuery query;
  query.limit = 2000;
  for (;;) {
    const storage::EventPage page = store.read_events(query);
    for (const storage::EventRecord& event : page.events) {
      if (event.version == 1 && !storage::archived(event)) streams.insert(event.stream);
    }
    if (!page.next) return streams;
    query.after = *page.next;
  }
}

storage::ViewRow fold(storage::Store& store,
                      const std::vector<std::shared_ptr<const Slice>>& slices,
                      const std::string& stream) {
  const Slice* slice = slice_of(slices, stream);
  if (slice == nullptr) throw std::runtime_error("no slice knows the stream " + stream);
  const LoadedStream loaded = load_stream(store, *slice, stream);
  return view_row(*slice, stream, loaded.state, loaded.version, loaded.updated_at);
}

bool same_tags(std::vector<storage::Tag> left, std::vector<storage::Tag> right) {
  const auto before = [](const storage::Tag& a, const storage::Tag& b) {
    return std::tie(a.key, a.value, a.rank, a.at) < std::tie(b.key, b.value, b.rank, b.at);
  };
  std::sort(left.begin(), left.end(), before);
  std::sort(right.begin(), right.end(), before);
  return left == right;
}

std::string difference(const storage::ViewRow& stands, const storage::ViewRow& folded) {
  if (stands.version != folded.version) {
    return "version " + std::to_string(stands.version) + " instead of " +
           std::to_string(folded.version);
  }
  if (stands.status != folded.status)
    return "status " + stands.status + " instead of " + folded.status;
  if (stands.doc != folded.doc) return "the document differs";
  if (stands.text != folded.text) return "the searchable text differs";
  if (!same_tags(stands.tags, folded.tags)) return "the index entries differ";
  return "";
}

}  // namespace

RebuildReport check_views(storage::Store& store,
                          const std::vector<std::shared_ptr<const Slice>>& slices) {
  RebuildReport report;
  const auto note = [&](const std::string& stream, const std::string& what) {
    if (report.differences.size() < most_differences) {
      report.differences.push_back(stream + ": " + what);
    }
  };
  std::set<std::string> streams = all_streams(store);
  report.streams = static_cast<std::int64_t>(streams.size());
  store.each_view([&](const storage::ViewRow& row) {
    if (streams.erase(row.id) == 0) {
      note(row.id, "a view without events");
      return;
    }
    const std::string what = difference(row, fold(store, slices, row.id));
    if (!what.empty()) note(row.id, what);
  });
  for (const std::string& stream : streams) note(stream, "no view");
  return report;
}

RebuildReport rebuild_views(storage::Store& store,
                            const std::vector<std::shared_ptr<const Slice>>& slices) {
  const std::set<std::string> streams = all_streams(store);
  auto next = streams.begin();
  store.replace_views([&]() -> std::optional<storage::ViewRow> {
    if (next == streams.end()) return std::nullopt;
    return fold(store, slices, *next++);
  });
  return {static_cast<std::int64_t>(streams.size()), {}};
}

bool views_outdated(storage::Store& store,
                    const std::vector<std::shared_ptr<const Slice>>& slices) {
  return std::any_of(slices.begin(), slices.end(), [&](const auto& slice) {
    storage::ViewQuery query;  // the oldest of a kind: a rebuild writes all of them
    query.kind = slice->kind();
    query.limit = 1;
    const storage::ViewPage page = store.query_views(query);
    return !page.rows.empty() && page.rows.front().schema_version != slice->view_version();
  });
}

}  // namespace factory::engine
