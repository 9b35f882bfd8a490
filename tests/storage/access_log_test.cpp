#include "storage/access_log.hpp"

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <stdexcept>
#include <thread>

#include "storage/access_lines.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/temp_dir.hpp"

namespace factory::test {

using storage::Access;
using storage::AccessLog;
using storage::AccessQuery;

namespace {

Access access(const std::string& actor, const std::string& tool = "") {
  Access made;
  made.actor_type = "person";
  made.actor = actor;
  made.channel = tool.empty() ? "rest" : "mcp";
  made.tool = tool;
  made.operation = "audit.list";
  made.target = "/v1/audit";
  made.request_id = "req_" + actor;
  made.status = 200;
  made.outcome = "ok";
  return made;
}

struct Trail {
  explicit Trail(std::size_t segment_bytes = 64U << 20U, int days = 90) {
    open(segment_bytes, days);
  }
  void open(std::size_t segment_bytes = 64U << 20U, int days = 90) {
    log.reset();
    log = std::make_unique<AccessLog>(
        AccessLog::Options{folder / "access", days, 100, segment_bytes, &clock});
  }
  [[nodiscard]] std::vector<std::string> files() const {
    return storage::access_segments(folder / "access");
  }
  [[nodiscard]] std::vector<std::string> actors(AccessQuery query) const {
    std::vector<std::string> found;
    for (int pages = 0; pages < 1000; ++pages) {
      const auto page = log->read(query);
      for (const Access& entry : page.entries) found.push_back(entry.actor);
      if (page.next_cursor.empty()) return found;
      query.cursor = page.next_cursor;
    }
    FAIL("the pages do not end");
    return found;
  }

  TempDir folder;
  FakeClock clock;
  std::unique_ptr<AccessLog> log;
};

AccessQuery page_of(int limit) {
  AccessQuery query;
  query.limit = limit;
  return query;
}

}  // namespace

TEST_CASE("access trail: what was recorded is read, the newest first") {
  Trail trail;
  CHECK(trail.actors({}).empty());
  Access whole = access("ann", "factory_search");
  whole.key_id = "key_1";
  whole.address = "10.0.0.1";
  whole.user_agent = "curl/8 \"x\"";
  whole.status = 403;
  whole.outcome = "forbidden";
  trail.log->record(whole);
  trail.clock.advance(Millis{1500});
  trail.log->record(access("bob"));
  const auto page = trail.log->read({});
  REQUIRE(page.entries.size() == 2);
  CHECK(page.entries[0].actor == "bob");
  const Access& read = page.entries[1];
  CHECK(read.at == trail.clock.now() - Millis{1500});
  CHECK(read.actor == "ann");
  CHECK(read.tool == "factory_search");
  CHECK(read.channel == "mcp");
  CHECK(read.key_id == "key_1");
  CHECK(read.address == "10.0.0.1");
  CHECK(read.user_agent == "curl/8 \"x\"");
  CHECK(read.request_id == "req_ann");
  CHECK(read.target == "/v1/audit");
  CHECK(read.status == 403);
  CHECK(read.outcome == "forbidden");
}

TEST_CASE("access trail: pages lead through all days and files") {
  Trail trail(2'000);
  std::vector<std::string> expected;
  for (int i = 0; i < 60; ++i) {
    expected.insert(expected.begin(), "a" + std::to_string(i));
    trail.log->record(access(expected.front()));
    trail.log->flush();
    trail.clock.advance(Millis{3'600'000});
  }
  CHECK(trail.files().size() >= 5);
  for (const int limit : {1, 7, 100}) CHECK(trail.actors(page_of(limit)) == expected);
  trail.open();
  CHECK(trail.actors(page_of(7)) == expected);
  trail.log->record(access("later"));
  CHECK(trail.actors(page_of(100)).front() == "later");
}

TEST_CASE("access trail: filters") {
  Trail trail;
  const Time start = trail.clock.now();
  for (int i = 0; i < 10; ++i) {
    trail.log->record(access(i % 2 == 0 ? "ann" : "bob", i % 5 == 0 ? "factory_search" : ""));
    trail.clock.advance(Millis{8 * 3'600'000});
  }
  const auto count = [&](const std::function<void(AccessQuery&)>& set) {
    AccessQuery query = page_of(3);
    set(query);
    return trail.actors(query).size();
  };
  CHECK(count([](AccessQuery& q) { q.actor = "ann"; }) == 5);
  CHECK(count([](AccessQuery& q) { q.tool = "factory_search"; }) == 2);
  CHECK(count([](AccessQuery& q) { q.channel = "rest"; }) == 8);
  CHECK(count([](AccessQuery& q) { q.operation = "audit.list"; }) == 10);
  CHECK(count([](AccessQuery& q) { q.operation = "audit.export"; }) == 0);
  CHECK(count([](AccessQuery& q) { q.request_id = "req_bob"; }) == 5);
  CHECK(count([](AccessQuery& q) { q.outcome = "forbidden"; }) == 0);
  CHECK(count([&](AccessQuery& q) { q.since = start + Millis{8 * 3'600'000}; }) == 9);
  CHECK(count([&](AccessQuery& q) { q.until = start + Millis{8 * 3'600'000}; }) == 2);
}

TEST_CASE(
    "access trail: files older than the retention go, a line that a crash cut is passed over") {
  Trail trail(64U << 20U, 3);
  trail.log->record(access("old"));
  trail.log->flush();
  const std::string first = trail.files().at(0);
  std::ofstream(trail.folder / ("access/" + first), std::ios::app) << R"({"at":"2026-)";
  trail.clock.advance(Millis{86'400'000});
  trail.log->record(access("new"));
  CHECK(trail.actors({}) == std::vector<std::string>{"new", "old"});
  trail.clock.advance(Millis{3 * 86'400'000LL});
  trail.log->record(access("newest"));
  CHECK(trail.actors({}) == std::vector<std::string>{"newest", "new"});
  CHECK(trail.files().size() == 2);
}

TEST_CASE("access trail: cursors that are none are refused") {
  Trail trail;
  trail.log->record(access("ann"));
  for (const std::string bad : {"x", "~", "a~b", "a~-1", "2026-11-20.0001.jsonl~1x"}) {
    AccessQuery query;
    query.cursor = bad;
    CHECK_THROWS_AS(trail.log->read(query), std::invalid_argument);
  }
  AccessQuery elsewhere;
  elsewhere.cursor = "../../etc/passwd~99999";
  CHECK(trail.log->read(elsewhere).entries.empty());
}

TEST_CASE("access trail: many at once lose nothing, also while the queue is full") {
  Trail trail;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&trail] {
      for (int i = 0; i < 500; ++i) trail.log->record(access("x"));
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(trail.actors(page_of(100)).size() == 4000);
  CHECK(trail.log->dropped() == 0);
}

TEST_CASE("access trail: what waits is written at the end") {
  Trail trail;
  trail.log->record(access("last"));
  trail.log.reset();
  trail.open();
  CHECK(trail.actors({}) == std::vector<std::string>{"last"});
}

TEST_CASE("access trail: a disk that refuses costs entries, not the server") {
  Trail trail;
  std::filesystem::remove_all(trail.folder / "access");
  trail.log->record(access("lost"));
  trail.log->flush();
  CHECK(trail.log->dropped() == 1);
  std::filesystem::create_directories(trail.folder / "access");
  trail.log->record(access("kept"));
  CHECK(trail.actors({}) == std::vector<std::string>{"kept"});
}

}  // namespace factory::test
