#include "engine/follower.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

namespace factory::engine {

namespace {

/// Views put the title (or name) on the first line of what can be searched.
std::string title_of(const storage::ViewRow& row) {
  return row.text.substr(0, row.text.find('\n'));
}

/// The pipeline that a view is about: itself, or the one of its tag "<kind>.pipeline".
std::string pipeline_of(const storage::ViewRow& row) {
  if (row.kind == "pipeline") return row.id;
  const std::string key = row.kind + ".pipeline";
  const auto tag = std::find_if(row.tags.begin(), row.tags.end(),
                                [&](const storage::Tag& each) { return each.key == key; });
  return tag == row.tags.end() ? "" : tag->value;
}

}  // namespace

bool follow_log(storage::Store& store, storage::SearchIndex& search, const Enrich& enrich,
                storage::Newest newest) {
  storage::EventQuery query;
  query.after = search.position();
  query.limit = 1000;
  query.bodies = false;
  query.newest = newest;
  const storage::EventPage page = store.read_events(query);
  if (page.events.empty()) return false;
  std::set<std::string> streams;
  for (const storage::EventRecord& event : page.events) streams.insert(event.stream);
  std::vector<storage::SearchDocument> documents;
  for (const std::string& stream : streams) {
    const auto row = store.get_view(stream);
    if (!row) continue;
    // One without text is put, too: it may have had some.
    std::vector<storage::SearchDocument> made{{row->id, row->kind, title_of(*row), row->text,
                                               row->status, pipeline_of(*row), row->updated_at}};
    if (enrich) enrich(*row, made);
    std::move(made.begin(), made.end(), std::back_inserter(documents));
  }
  search.put(documents, page.events.back().position);
  return page.next.has_value();
}

}  // namespace factory::engine
