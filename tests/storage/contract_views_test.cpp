#include <algorithm>
#include <set>

#include "tests/storage/store_cases.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {

using storage::Commit;
using storage::CommitOutcome;
using storage::Tag;
using storage::ViewQuery;
using storage::ViewRow;

namespace {

using Ids = std::vector<std::string>;

ViewQuery by_tag(const std::string& key, const std::string& value = "") {
  ViewQuery query;
  query.tag = Tag{key, value};
  return query;
}

ViewQuery by_kind(const std::string& kind) {
  ViewQuery query;
  query.kind = kind;
  return query;
}

/// Thirty tasks: ranks 2, 1, 0, 2, …; an even one is open, others are done; every fifth is urgent.
void put_tasks(storage::Store& store) {
  std::vector<ViewRow> rows;
  for (int i = 0; i < 30; ++i) {
    const std::int64_t rank = 2 - i % 3;
    std::vector<Tag> tags = {{"task", "", rank, 1'000 - i}, {"even", i % 2 == 0 ? "y" : "n", 0, i}};
    if (i % 5 == 0) tags.push_back({"urgent", "", 0, 0});
    rows.push_back(view_row(numbered("task_", i), "task", i % 2 == 0 ? "open" : "done", tags));
  }
  put_views(store, rows);
  put_views(store, {view_row("gate_1", "gate", "open", {{"gate", ""}}),
                    view_row("gate_2", "gate", "open", {{"gate", ""}, {"urgent", ""}})});
}

/// What the query is to give, by looking at every view.
Ids expected_ids(storage::Store& store, const ViewQuery& query) {
  struct Entry {
    std::int64_t rank, at;
    std::string id;
    bool operator<(const Entry& other) const {
      return std::tie(rank, at, id) < std::tie(other.rank, other.at, other.id);
    }
  };
  const auto carried = [](const ViewRow& row, const Tag& tag) {
    return std::find_if(row.tags.begin(), row.tags.end(), [&](const Tag& other) {
      return other.key == tag.key && other.value == tag.value;
    });
  };
  std::vector<Entry> entries;
  store.each_view([&](const ViewRow& row) {
    Entry entry{0, 0, row.id};
    if (query.tag) {
      const auto tag = carried(row, *query.tag);
      if (tag == row.tags.end() || (query.rank && tag->rank != *query.rank)) return;
      entry = {tag->rank, tag->at, row.id};
    } else if (row.kind != query.kind) {
      return;
    }
    const auto& statuses = query.statuses;
    const bool status_fits =
        statuses.empty() || std::count(statuses.begin(), statuses.end(), row.status) > 0;
    const bool has_also = std::all_of(query.also.begin(), query.also.end(), [&](const Tag& tag) {
      return carried(row, tag) != row.tags.end();
    });
    if (status_fits && has_also) entries.push_back(entry);
  });
  std::sort(entries.begin(), entries.end());
  if (query.descending) std::reverse(entries.begin(), entries.end());
  Ids ids;
  for (const Entry& entry : entries) ids.push_back(entry.id);
  return ids;
}

}  // namespace

TEST_CASE("a view comes back as it was written") {
  OpenedStore store(GENERATE(from_range(store_kinds())));
  ViewRow row = view_row("gate_1", "gate", "open", {{"a", "b", 1, 2}, {"a", "c", -3, 4}});
  row.version = 7;
  row.schema_version = 3;
  row.updated_at = from_millis(1'763'621'049'123);
  put_views(*store, {row});
  const auto found = store->get_view("gate_1");
  REQUIRE(found.has_value());
  CHECK(found->id == "gate_1");
  CHECK(found->kind == "gate");
  CHECK(found->status == "open");
  CHECK(found->version == 7);
  CHECK(found->schema_version == 3);
  CHECK(found->updated_at == row.updated_at);
  CHECK(found->doc == row.doc);
  CHECK(found->text == row.text);
  CHECK(found->tags == row.tags);
  CHECK_FALSE(store->get_view("gate_2").has_value());
  const auto page = store->query_views(by_kind("gate"));
  REQUIRE(page.rows.size() == 1);
  CHECK(page.rows[0].version == 7);
  CHECK(page.rows[0].schema_version == 3);
  CHECK(page.rows[0].updated_at == row.updated_at);
  CHECK(page.rows[0].doc == row.doc);
}

TEST_CASE("a view that is written again moves in the indexes by the difference") {
  OpenedStore store(GENERATE(from_range(store_kinds())));
  put_views(*store, {view_row("task_1", "task", "open", {{"open", "", 1, 1}, {"of", "pipe_1"}})});
  ViewRow next = view_row("task_1", "task", "done", {{"of", "pipe_1"}, {"done", "alice", 0, 9}});
  next.version = 2;
  Commit commit;
  commit.views.push_back({next, {{"open", "", 1, 1}}, {{"done", "alice", 0, 9}}});
  REQUIRE(commit_one(*store, commit) == CommitOutcome::committed);
  CHECK(store->query_views(by_tag("open")).rows.empty());
  CHECK(ids_of(store->query_views(by_tag("of", "pipe_1"))) == Ids{"task_1"});
  CHECK(ids_of(store->query_views(by_tag("done", "alice"))) == Ids{"task_1"});
  CHECK(store->get_view("task_1")->tags == next.tags);
  ViewQuery open = by_kind("task");
  open.statuses = {"open"};
  CHECK(store->query_views(open).rows.empty());
  open.statuses = {"done"};
  CHECK(ids_of(store->query_views(open)) == Ids{"task_1"});
}

TEST_CASE("views are listed in order, filtered, page by page") {
  OpenedStore store(GENERATE(from_range(store_kinds())));
  put_tasks(*store);
  ViewQuery query;
  SECTION("of a kind") { query = by_kind("task"); }
  SECTION("of a kind that is not there") { query = by_kind("run"); }
  SECTION("of a kind and a status") {
    query = by_kind("task");
    query.statuses = {"done"};
  }
  SECTION("of several statuses, one named twice, one unknown") {
    query = by_kind("task");
    query.statuses = {"open", "done", "open", "lost"};
  }
  SECTION("of a kind with a further tag") {
    query = by_kind("task");
    query.also = {{"urgent", ""}};
  }
  SECTION("by a tag") { query = by_tag("task"); }
  SECTION("by a tag and its value") { query = by_tag("even", "n"); }
  SECTION("by a tag that is not there") { query = by_tag("even", "maybe"); }
  SECTION("by a tag of one rank") {
    query = by_tag("task");
    query.rank = 1;
  }
  SECTION("by a tag and a status") {
    query = by_tag("task");
    query.statuses = {"open"};
  }
  SECTION("by a tag with others") {
    query = by_tag("task");
    query.also = {{"even", "y"}, {"urgent", ""}};
  }
  SECTION("by a tag of one rank with others and a status") {
    query = by_tag("task");
    query.rank = 2;
    query.also = {{"even", "y"}};
    query.statuses = {"open", "done"};
  }
  SECTION("by a tag with one that nobody has") {
    query = by_tag("task");
    query.also = {{"nobody", ""}};
  }
  for (const bool descending : {false, true}) {
    query.descending = descending;
    const Ids expected = expected_ids(*store, query);
    for (const int limit : {1, 2, 7, 29, 30, 31, 100}) {
      INFO("descending " << descending << ", limit " << limit);
      query.limit = limit;
      CHECK(all_ids(*store, query) == expected);
      const auto first = store->query_views(query);
      CHECK(first.rows.size() == std::min<std::size_t>(expected.size(), std::size_t(limit)));
      CHECK(first.next_cursor.empty() == (expected.size() <= std::size_t(limit)));
    }
  }
}

TEST_CASE("filters that skip very much make short pages, and lose nothing") {
  OpenedStore store(GENERATE(from_range(store_kinds())));
  constexpr int views = 12'000;
  std::vector<ViewRow> rows;
  for (int i = 0; i < views; ++i) {
    std::vector<Tag> tags = {{"all", "", 0, i}, {"side", i < views / 2 ? "left" : "right", 0, i}};
    rows.push_back(view_row(numbered("v", i), "thing", i == views - 1 ? "last" : "other", tags));
  }
  put_views(*store, rows);
  ViewQuery query = by_tag("all");
  SECTION("a status that only the last one has") {
    query.statuses = {"last"};
    CHECK(all_ids(*store, query) == Ids{numbered("v", views - 1)});
  }
  SECTION("a further tag that the second half has") {
    query.also = {{"side", "right"}};
    query.limit = 1'000;
    const Ids ids = all_ids(*store, query);
    CHECK(ids.size() == views / 2);
    CHECK(ids.front() == numbered("v", views / 2));
  }
  SECTION("two tags that never come together") {
    query = by_tag("side", "left");
    query.also = {{"side", "right"}};
    CHECK(all_ids(*store, query).empty());
  }
}

TEST_CASE("a cursor keeps its place while views are written") {
  OpenedStore store(GENERATE(from_range(store_kinds())));
  std::vector<ViewRow> rows;
  for (int i = 0; i < 40; i += 2) {
    rows.push_back(view_row(numbered("v", i), "thing", "open", {{"all", "", 0, i}}));
  }
  put_views(*store, rows);
  ViewQuery query = GENERATE(by_tag("all"), by_kind("thing"));
  query.limit = 5;
  std::vector<std::string> seen;
  int next_new = 1;
  do {
    const auto page = store->query_views(query);
    for (const ViewRow& row : page.rows) seen.push_back(row.id);
    query.cursor = page.next_cursor;
    // Others come in before and behind the cursor.
    put_views(
        *store,
        {view_row(numbered("v", next_new), "thing", "open", {{"all", "", 0, next_new}}),
         view_row(numbered("v", next_new + 20), "thing", "open", {{"all", "", 0, next_new + 20}})});
    next_new += 4;
  } while (!query.cursor.empty());
  CHECK(std::is_sorted(seen.begin(), seen.end()));
  const std::set<std::string> distinct(seen.begin(), seen.end());
  CHECK(distinct.size() == seen.size());
  for (int i = 0; i < 40; i += 2) CHECK(distinct.count(numbered("v", i)) == 1);
}

TEST_CASE("a cursor that is damaged or of another query is refused") {
  OpenedStore store(GENERATE(from_range(store_kinds())));
  put_tasks(*store);
  ViewQuery query = by_tag("task");
  query.limit = 3;
  const std::string good = store->query_views(query).next_cursor;
  REQUIRE_FALSE(good.empty());
  query.limit = 7;  // this may change
  query.cursor = good;
  CHECK(store->query_views(query).rows.size() == 7);
  for (const std::string& bad :
       {std::string("x"), good.substr(0, 5), good.substr(1), std::string("%%%"), "AAAA" + good,
        std::string("\0\0", 2), std::string(5'000, 'A')}) {
    query.cursor = bad;
    CHECK_THROWS_AS(store->query_views(query), std::invalid_argument);
  }
  query.cursor = good;
  SECTION("another tag") { query.tag = Tag{"even", "y"}; }
  SECTION("another direction") { query.descending = true; }
  SECTION("another rank") { query.rank = 1; }
  SECTION("another status") { query.statuses = {"open"}; }
  SECTION("another filter") { query.also = {{"urgent", ""}}; }
  SECTION("by kind") { query = by_kind("task"), query.cursor = good; }
  CHECK_THROWS_AS(store->query_views(query), std::invalid_argument);
}

TEST_CASE("views are counted by value and rank") {
  OpenedStore store(GENERATE(from_range(store_kinds())));
  CHECK(store->count_tags("task", 10).empty());
  std::vector<ViewRow> rows;
  for (int i = 0; i < 50; ++i) {
    rows.push_back(view_row(numbered("v", i), "task", "open",
                            {{"open", i % 2 == 0 ? "approval" : "review", i % 3, i}, {"x", ""}}));
  }
  put_views(*store, rows);
  const auto counts = [&](std::int64_t most) {
    std::vector<std::string> lines;
    for (const auto& count : store->count_tags("open", most)) {
      lines.push_back(count.value + " " + std::to_string(count.rank) + " " +
                      std::to_string(count.count));
    }
    return lines;
  };
  CHECK(counts(100) == Ids{"approval 0 9", "approval 1 8", "approval 2 8", "review 0 8",
                           "review 1 9", "review 2 8"});
  CHECK(counts(9) == counts(100));
  CHECK(counts(2) == Ids{"approval 0 2", "approval 1 2", "approval 2 2", "review 0 2", "review 1 2",
                         "review 2 2"});
}

TEST_CASE("all views can be walked over and replaced") {
  OpenedStore store(GENERATE(from_range(store_kinds())));
  std::vector<ViewRow> rows;
  for (int i = 0; i < 450; ++i) {
    rows.push_back(view_row(numbered("v", i), "thing", "open", {{"all", "", 0, i}}));
  }
  put_views(*store, rows);
  Ids walked;
  store->each_view([&](const ViewRow& row) {
    walked.push_back(row.id);
    CHECK(store->get_view(row.id)->tags == row.tags);  // the visit may read
  });
  REQUIRE(walked.size() == 450);
  CHECK(std::is_sorted(walked.begin(), walked.end()));

  int left = 3;
  store->replace_views([&]() -> std::optional<ViewRow> {
    if (left-- == 0) return std::nullopt;
    return view_row(numbered("w", left), "thing", "new", {{"all", "", 0, -left}, {"more", ""}});
  });
  CHECK(all_ids(*store, by_tag("all")) ==
        Ids{numbered("w", 2), numbered("w", 1), numbered("w", 0)});
  CHECK(all_ids(*store, by_tag("more")).size() == 3);
  CHECK(all_ids(*store, by_kind("thing")).size() == 3);
  CHECK_FALSE(store->get_view(numbered("v", 0)).has_value());
}

TEST_CASE("a replacement of views that breaks off changes nothing") {
  OpenedStore store(GENERATE(from_range(store_kinds())));
  put_views(*store, {view_row("v", "thing", "open", {{"all", ""}})});
  CHECK_THROWS_AS(store->replace_views([]() -> std::optional<ViewRow> {
    throw std::runtime_error("the fold broke");
  }),
                  std::runtime_error);
  CHECK(all_ids(*store, by_tag("all")) == Ids{"v"});
  put_views(*store,
            {view_row("w", "thing", "open", {{"all", ""}})});  // and it can still be written
  CHECK(all_ids(*store, by_tag("all")) == Ids{"v", "w"});
}

}  // namespace factory::test
