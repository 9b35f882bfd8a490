#include <atomic>
#include <thread>

#include "tests/storage/store_cases.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {

using storage::Commit;
using storage::CommitOutcome;
using storage::EventQuery;
using storage::EventRecord;

namespace {

std::vector<std::int64_t> positions(const std::vector<EventRecord>& events) {
  std::vector<std::int64_t> positions;
  for (const EventRecord& event : events) positions.push_back(event.position);
  return positions;
}

/// All pages of a query, one after the other. A page that does not lead on would never end: each
/// must move.
std::vector<std::int64_t> all_positions(storage::Store& store, EventQuery query) {
  std::vector<std::int64_t> found;
  for (int pages = 0; pages < 1000; ++pages) {
    const auto page = store.read_events(query);
    const auto some = positions(page.events);
    found.insert(found.end(), some.begin(), some.end());
    if (!page.next) return found;
    if (query.descending) {
      REQUIRE((!query.before || *page.next < *query.before));
      query.before = page.next;
    } else {
      REQUIRE(*page.next > query.after);
      query.after = *page.next;
    }
  }
  FAIL("the pages do not end");
  return found;
}

/// Ten events, at 1,000 ms, 2,000 ms … : gate_1, task_1, gate_1, task_1 …
void write_ten(storage::Store& store) {
  for (int i = 0; i < 10; ++i) {
    const std::string stream = i % 2 == 0 ? "gate_1" : "task_1";
    Commit commit = appending(stream, i / 2);
    auto& record = commit.appends[0].events[0];
    record.type = i % 2 == 0 ? "gate.voted" : (i == 9 ? "task.done" : "task.opened");
    record.at = from_millis(1'000 * (i + 1));
    record.actor = i < 5 ? "person_alice" : "person_bob";
    REQUIRE(commit_one(store, commit) == CommitOutcome::committed);
  }
}

}  // namespace

TEST_CASE("an event comes back as it was written, with its places") {
  OpenedStore store(GENERATE(from_range(store_kinds())));
  Commit commit;
  const Time odd_time = from_millis(1'763'621'049'123);
  commit.appends.push_back({"gate_1", 0, {event("gate.opened", "{\"a\":1}", odd_time)}});
  commit.appends.push_back({"task_1", 0, {event("task.opened"), event("task.claimed")}});
  REQUIRE(commit_one(*store, commit) == CommitOutcome::committed);
  const auto gate = store->load("gate_1");
  REQUIRE(gate.size() == 1);
  CHECK(gate[0].position == 1);
  CHECK(gate[0].stream == "gate_1");
  CHECK(gate[0].version == 1);
  CHECK(gate[0].type == "gate.opened");
  CHECK(gate[0].at == odd_time);
  CHECK(gate[0].actor == "person_alice");
  CHECK(gate[0].body == "{\"a\":1}");
  CHECK(gate[0].hash == sha256("{\"a\":1}"));
  const auto task = store->load("task_1", 1);
  REQUIRE(task.size() == 1);
  CHECK(task[0].version == 2);
  CHECK(task[0].position == 3);
  CHECK(store->load("task_1", 2).empty());
  CHECK(store->load("nothing").empty());
}

TEST_CASE("the log is read by place, time, stream, type and actor") {
  OpenedStore store(GENERATE(from_range(store_kinds())));
  CHECK(store->read_events({}).events.empty());
  write_ten(*store);
  using List = std::vector<std::int64_t>;
  EventQuery query;
  SECTION("all") { CHECK(all_positions(*store, query) == List{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}); }
  SECTION("from a place on") { query.after = 7; }
  SECTION("up to a place") { query.before = 4; }
  SECTION("of a stream") { query.stream = "task_1"; }
  SECTION("of a type") { query.type = "task.done"; }
  SECTION("of a group of types") { query.type = "task.*"; }
  SECTION("of a type that is only the beginning of others") { query.type = "task"; }
  SECTION("of an actor") { query.actor = "person_bob"; }
  SECTION("since") { query.since = from_millis(8'000); }
  SECTION("since a moment between") { query.since = from_millis(7'999); }
  SECTION("until") { query.until = from_millis(3'000); }
  SECTION("a time span of a stream") {
    query.stream = "gate_1";
    query.since = from_millis(2'500);
    query.until = from_millis(7'500);
  }
  SECTION("of a stream, behind a place") {
    query.stream = "gate_1";
    query.after = 5;
    query.before = 9;
  }
  SECTION("all at once") {
    query = {2, 10, "task_1", "task.*", "person_bob", from_millis(1), from_millis(99'000)};
  }
  SECTION("a time without events") { query.since = from_millis(10'001); }
  List expected;
  for (const EventRecord& record : store->read_events({}).events) {
    const bool type_fits = query.type.empty() || record.type == query.type ||
                           (query.type.ends_with(".*") &&
                            record.type.starts_with(query.type.substr(0, query.type.size() - 1)));
    if (type_fits && record.position > query.after &&
        (!query.before || record.position < *query.before) &&
        (query.stream.empty() || record.stream == query.stream) &&
        (query.actor.empty() || record.actor == query.actor) &&
        (!query.since || record.at >= *query.since) &&
        (!query.until || record.at <= *query.until)) {
      expected.push_back(record.position);
    }
  }
  for (const int limit : {1, 2, 3, 100}) {
    query.limit = limit;
    query.descending = false;
    CHECK(all_positions(*store, query) == expected);
    query.descending = true;
    CHECK(all_positions(*store, query) == List(expected.rbegin(), expected.rend()));
  }
}

TEST_CASE("filters that skip very much give a place to go on from") {
  OpenedStore store(GENERATE(from_range(store_kinds())));
  Commit many = appending("gate_1", 0, 45'000);
  many.appends[0].events.front().type = "rare";
  many.appends[0].events.back().type = "rare";
  REQUIRE(commit_one(*store, many) == CommitOutcome::committed);
  EventQuery query;
  query.type = "rare";
  query.stream = GENERATE("", "gate_1");
  const auto first = store->read_events(query);
  CHECK(positions(first.events) == std::vector<std::int64_t>{1});
  CHECK(first.next.has_value());
  CHECK(all_positions(*store, query) == std::vector<std::int64_t>{1, 45'000});
  query.descending = true;
  CHECK(all_positions(*store, query) == std::vector<std::int64_t>{45'000, 1});
}

TEST_CASE("a reader of the log sees whole commits, in order, and skips none") {
  OpenedStore store(GENERATE(from_range(store_kinds())));
  constexpr int commits = 300;
  std::atomic<bool> done = false;
  std::atomic<int> broken = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      std::int64_t seen = 0;
      while (true) {
        const bool was_done = done;
        EventQuery query;
        query.after = seen;
        const auto page = store->read_events(query);
        for (const EventRecord& record : page.events) {
          if (record.position != ++seen) ++broken;
        }
        // Three events a commit: a third of one must never be seen.
        if (page.events.size() < 100 && seen % 3 != 0) ++broken;
        if (was_done && page.events.empty()) break;
      }
      if (seen != 3 * commits) ++broken;
    });
  }
  for (int i = 0; i < commits; ++i) commit_one(*store, appending("gate_1", 3 * i, 3));
  done = true;
  for (std::thread& reader : readers) reader.join();
  CHECK(broken == 0);
}

}  // namespace factory::test
