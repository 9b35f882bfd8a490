#include <algorithm>

#include "tests/storage/store_cases.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {

using storage::ClosedStream;
using storage::Commit;
using storage::CommitOutcome;
using storage::Tag;

namespace {

const std::string mark = R"({"archived":"abc","file":"f"})";

/// Three events, a view with a tag, a timer.
ClosedStream write_stream(storage::Store& store, const std::string& stream) {
  Commit commit = appending(stream, 0, 3);
  commit.views.push_back(new_view(view_row(stream, "gate", "approved", {{"gate.pipeline", "p"}})));
  commit.timers.push_back({stream, "sla", from_millis(9'000)});
  REQUIRE(commit_one(store, commit) == CommitOutcome::committed);
  const auto events = store.load(stream);
  return {stream, 3, events.back().hash};
}

std::vector<std::string> bodies(storage::Store& store, const std::string& stream) {
  std::vector<std::string> bodies;
  for (const auto& event : store.load(stream)) bodies.push_back(event.body);
  return bodies;
}

bool complete(storage::Store& store, const std::string& stream) {
  storage::ViewQuery tagged;
  tagged.tag = Tag{"gate.pipeline", "p"};
  const auto ids = ids_of(store.query_views(tagged));
  const std::vector<std::string> whole{stream + "#1", stream + "#2", stream + "#3"};
  return bodies(store, stream) == whole && store.get_view(stream).has_value() &&
         !store.due_timers(from_millis(9'000), 10).empty() &&
         std::find(ids.begin(), ids.end(), stream) != ids.end();
}

}  // namespace

TEST_CASE("an archived stream keeps places, types, times and hashes, and nothing else") {
  OpenedStore store(GENERATE(from_range(store_kinds())));
  const ClosedStream first = write_stream(*store, "gate_1");
  const ClosedStream second = write_stream(*store, "gate_2");
  const auto before = store->load("gate_1");
  const std::vector<ClosedStream> closed{first};
  REQUIRE(store->archive(closed, mark));

  CHECK(bodies(*store, "gate_1") == std::vector<std::string>{"", "", mark});
  const auto after = store->load("gate_1");
  REQUIRE(after.size() == before.size());
  for (std::size_t i = 0; i < after.size(); ++i) {
    CHECK(storage::archived(after[i]));
    CHECK_FALSE(storage::archived(before[i]));
    CHECK(after[i].position == before[i].position);
    CHECK(after[i].version == before[i].version);
    CHECK(after[i].type == before[i].type);
    CHECK(after[i].at == before[i].at);
    CHECK(after[i].actor == before[i].actor);
    CHECK(after[i].hash == before[i].hash);
  }
  CHECK_FALSE(store->get_view("gate_1").has_value());
  storage::ViewQuery tagged;
  tagged.tag = Tag{"gate.pipeline", "p"};
  CHECK(ids_of(store->query_views(tagged)) == std::vector<std::string>{"gate_2"});
  const auto timers = store->due_timers(from_millis(9'000), 10);
  REQUIRE(timers.size() == 1);
  CHECK(timers[0].stream == "gate_2");
  CHECK(store->last_position() == 6);
  CHECK(complete(*store, "gate_2"));
  store.close();
  store.open();
  CHECK(bodies(*store, "gate_1") == std::vector<std::string>{"", "", mark});
  CHECK(complete(*store, "gate_2"));
}

TEST_CASE("streams are archived together or not at all") {
  OpenedStore store(GENERATE(from_range(store_kinds())));
  const ClosedStream first = write_stream(*store, "gate_1");
  const ClosedStream good = write_stream(*store, "gate_2");
  const auto refused = [&](const ClosedStream& second) {
    const std::vector<ClosedStream> both{first, second};
    CHECK_FALSE(store->archive(both, mark));
    CHECK(complete(*store, "gate_1"));
  };
  refused({"gate_2", 2, good.head});
  refused({"gate_2", 3, Hash{}});
  refused({"gate_3", 1, Hash{}});
  // Appended to since somebody looked.
  REQUIRE(commit_one(*store, appending("gate_2", 3)) == CommitOutcome::committed);
  refused(good);
  const std::vector<ClosedStream> one{first};
  CHECK(store->archive(one, mark));
  CHECK_FALSE(store->archive(one, mark));  // once
}

TEST_CASE("seals are read in pages") {
  OpenedStore store(GENERATE(from_range(store_kinds())));
  for (int i = 1; i <= 5; ++i) store->put_seal({i * 10, Hash{}, "s", from_millis(i)});
  const auto positions = [&](std::int64_t after, int limit) {
    std::vector<std::int64_t> found;
    for (const auto& seal : store->seals(after, limit)) found.push_back(seal.position);
    return found;
  };
  CHECK(positions(0, 2) == std::vector<std::int64_t>{10, 20});
  CHECK(positions(20, 2) == std::vector<std::int64_t>{30, 40});
  CHECK(positions(40, 9) == std::vector<std::int64_t>{50});
  CHECK(positions(50, 9).empty());
}

}  // namespace factory::test
