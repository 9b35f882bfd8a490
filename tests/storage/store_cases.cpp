#include "tests/storage/store_cases.hpp"

#include "storage/open.hpp"
#include "storage/sqlite/sqlite_store.hpp"

namespace factory::test {

using storage::Commit;
using storage::EventRecord;
using storage::Store;
using storage::ViewRow;
using storage::ViewWrite;

std::vector<StoreKind> store_kinds() {
  const auto sqlite = [](const std::string& folder) {
    return storage::open_sqlite(folder + "/store.db");
  };
  const auto restless = [](const std::string& folder) {
    const storage::SqliteSettings settings{20, storage::Opening::own, Millis{0}};
    return std::make_unique<storage::SqliteStore>(folder + "/store.db", settings);
  };
  const auto lazy = [](const std::string& folder) {
    const storage::SqliteSettings settings{.move_after = Millis{3'600'000}};
    return std::make_unique<storage::SqliteStore>(folder + "/store.db", settings);
  };
  return {{"sqlite", sqlite},
          {"sqlite that moves at once, with a checkpoint every few commits", restless},
          {"sqlite that moves only what is asked for", lazy}};
}

EventRecord event(const std::string& type, const std::string& body, Time at) {
  EventRecord record;
  record.type = type;
  record.at = at;
  record.actor = "person_alice";
  record.body = body;
  record.hash = sha256(body);
  return record;
}

Commit appending(const std::string& stream, std::int64_t expected_version, int count) {
  Commit commit;
  commit.appends.push_back({stream, expected_version, {}});
  for (int i = 0; i < count; ++i) {
    commit.appends.back().events.push_back(
        event("gate.voted", stream + "#" + std::to_string(expected_version + i + 1)));
  }
  return commit;
}

ViewRow view_row(const std::string& id, const std::string& kind, const std::string& status,
                 std::vector<storage::Tag> tags) {
  ViewRow row;
  row.id = id;
  row.kind = kind;
  row.status = status;
  row.version = 1;
  row.updated_at = from_millis(1'234);
  row.doc = R"({"id":")" + id + R"("})";
  row.text = "words about " + id;
  row.tags = std::move(tags);
  return row;
}

ViewWrite new_view(const ViewRow& row) { return {row, {}, row.tags}; }

storage::CommitOutcome commit_one(Store& store, const Commit& commit) {
  return store.commit({&commit, 1}).at(0);
}

void put_views(Store& store, const std::vector<ViewRow>& rows) {
  Commit commit;
  for (const ViewRow& row : rows) commit.views.push_back(new_view(row));
  commit_one(store, commit);
}

std::vector<std::string> ids_of(const storage::ViewPage& page) {
  std::vector<std::string> ids;
  for (const ViewRow& row : page.rows) ids.push_back(row.id);
  return ids;
}

std::vector<std::string> all_ids(Store& store, storage::ViewQuery query) {
  std::vector<std::string> ids;
  do {
    const storage::ViewPage page = store.query_views(query);
    for (const ViewRow& row : page.rows) ids.push_back(row.id);
    query.cursor = page.next_cursor;
  } while (!query.cursor.empty());
  return ids;
}

std::string numbered(const std::string& name, int number) {
  const std::string digits = std::to_string(number);
  return name + std::string(6 - digits.size(), '0') + digits;
}

}  // namespace factory::test
