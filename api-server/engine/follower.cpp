#include "engine/follower.hpp"

#include <nlohmann/json.hpp>
#include <set>

namespace factory::engine {

namespace {

std::string title_of(const storage::ViewRow& row) {
  const auto doc = nlohmann::json::parse(row.doc, nullptr, false);
  for (const char* member : {"title", "name"}) {
    const auto found = doc.find(member);
    if (found != doc.end() && found->is_string()) return found->get<std::string>();
  }
  return row.id;
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
