#include <atomic>
#include <thread>

#include "tests/storage/store_cases.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {

using storage::Commit;
using storage::CommitOutcome;
using storage::Tag;
using storage::ViewRow;

namespace {

constexpr int kCommits = 600;

/// A view that says how often it was written; `tag` is the one that it has.
ViewRow numbered(const std::string& id, int number, const Tag& tag) {
  ViewRow row = view_row(id, "task", number % 2 == 0 ? "even" : "odd", {tag});
  row.version = number;
  row.doc = R"({"number":)" + std::to_string(number) + "}";
  return row;
}

Tag stays() { return {"task.pipeline", "p", 0, 5}; }
Tag moves(int number) { return {"task.side", number % 2 == 0 ? "left" : "right", 0, number}; }

Commit write_number(int number) {
  Commit commit = appending("task_1", number - 1);
  commit.views.push_back({numbered("task_1", number, stays()), {}, {}});
  commit.views.push_back({numbered("task_2", number, moves(number)), {}, {moves(number)}});
  if (number == 1) {
    commit.views[0].added = {stays()};
  } else {
    commit.views[1].removed = {moves(number - 1)};
  }
  return commit;
}

storage::ViewQuery tagged(const std::string& key, const std::string& value) {
  storage::ViewQuery query;
  query.tag = Tag{key, value};
  return query;
}

}  // namespace

TEST_CASE("who reads sees every commit before, while others write") {
  OpenedStore store(GENERATE(from_range(store_kinds())));
  REQUIRE(commit_one(*store, write_number(1)) == CommitOutcome::committed);
  std::atomic<int> acknowledged = 1;
  std::atomic<int> wrong = 0;
  std::atomic<bool> done = false;
  std::vector<std::thread> readers;
  for (int reader = 0; reader < 3; ++reader) {
    readers.emplace_back([&, reader] {
      while (!done) {
        const int at_least = acknowledged;
        const auto check = [&](bool right) { wrong += right ? 0 : 1; };
        if (reader == 0) {
          const auto row = store->get_view("task_1");
          check(row && row->version >= at_least);
        } else if (reader == 1) {
          const auto rows = store->query_views(tagged("task.pipeline", "p")).rows;
          check(rows.size() == 1 && rows[0].version >= at_least);
          check(store->last_position() >= at_least);
        } else {
          for (const int side : {0, 1}) {
            const auto rows = store->query_views(tagged("task.side", moves(side).value)).rows;
            check(rows.size() <= 1);
            for (const ViewRow& row : rows) {
              check(row.version >= at_least && row.version % 2 == side);
            }
          }
        }
      }
    });
  }
  for (int number = 2; number <= kCommits; ++number) {
    if (commit_one(*store, write_number(number)) != CommitOutcome::committed) ++wrong;
    acknowledged = number;
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  CHECK(wrong == 0);
  CHECK(store->load("task_1").size() == kCommits);
  CHECK(store->get_view("task_2")->tags == std::vector<Tag>{moves(kCommits)});
}

TEST_CASE("what is not moved yet stands in pages where it belongs") {
  OpenedStore store(GENERATE(from_range(store_kinds())));
  const auto put = [&](const std::string& id, std::int64_t at, std::int64_t before) {
    const Tag now{"task.pipeline", "p", 0, at};
    Commit commit;
    commit.views.push_back({view_row(id, "task", at > 40 ? "late" : "soon", {now}), {}, {now}});
    if (before != 0) commit.views[0].removed = {{"task.pipeline", "p", 0, before}};
    REQUIRE(commit_one(*store, commit) == CommitOutcome::committed);
  };
  put("a", 10, 0);
  put("b", 20, 0);
  put("c", 30, 0);
  store->last_position();  // moves them
  put("d", 15, 0);
  put("b", 50, 20);
  storage::ViewQuery query = tagged("task.pipeline", "p");
  using Ids = std::vector<std::string>;
  SECTION("in order") { CHECK(ids_of(store->query_views(query)) == Ids{"a", "d", "c", "b"}); }
  SECTION("the other way round") {
    query.descending = true;
    CHECK(ids_of(store->query_views(query)) == Ids{"b", "c", "d", "a"});
  }
  SECTION("by status") {
    query.statuses = {"late"};
    CHECK(ids_of(store->query_views(query)) == Ids{"b"});
  }
  SECTION("page by page") {
    query.limit = 3;
    const auto first = store->query_views(query);
    CHECK(ids_of(first) == Ids{"a", "d", "c"});
    query.cursor = first.next_cursor;
    CHECK(ids_of(store->query_views(query)) == Ids{"b"});
  }
  SECTION("one that lost its tag") {
    Commit commit;
    commit.views.push_back(
        {view_row("c", "task", "gone", {}), {{"task.pipeline", "p", 0, 30}}, {}});
    REQUIRE(commit_one(*store, commit) == CommitOutcome::committed);
    CHECK(ids_of(store->query_views(query)) == Ids{"a", "d", "b"});
  }
}

}  // namespace factory::test
