#include "engine/follower.hpp"

#include <set>

namespace factory::engine {

namespace {

/// Views put the title (or name) on the first line of what can be searched.
std::string title_of(const storage::ViewRow& row) {
  return row.text.substr(0, row.text.find('\n'));
}

}  // namespace

bool follow_log(storage::Store& store, storage::SearchIndex& search) {
  storage::EventQuery query;
  query.after = search.position();
  query.limit = 1000;
  const storage::EventPage page = store.read_events(query);
  if (page.events.empty()) return false;
  std::set<std::string> streams;
  for (const storage::EventRecord& event : page.events) streams.insert(event.stream);
  std::vector<storage::SearchDocument> documents;
  for (const std::string& stream : streams) {
    const auto row = store.get_view(stream);
    if (row && !row->text.empty()) {
      documents.push_back({row->id, row->kind, title_of(*row), row->text});
    }
  }
  search.put(documents, page.events.back().position);
  return page.next.has_value();
}

}  // namespace factory::engine
