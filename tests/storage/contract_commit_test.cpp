#include "tests/storage/store_cases.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {

using storage::Commit;
using storage::CommitOutcome;
using storage::RequestRecord;
using storage::Tag;

namespace {

constexpr auto committed = CommitOutcome::committed;
constexpr auto conflict = CommitOutcome::conflict;
constexpr auto request_exists = CommitOutcome::request_exists;

RequestRecord request(const std::string& key, const std::string& answer = "{}") {
  return {"person_alice", key, "POST /v1/pipelines", 201, answer, from_millis(5'000)};
}

/// One of everything that a commit can hold.
Commit full_commit(const std::string& stream) {
  Commit commit = appending(stream, 0, 2);
  commit.views.push_back(new_view(view_row(stream, "gate", "open", {{"gate.open", "", 3, 7}})));
  commit.timers.push_back({stream, "sla", from_millis(9'000)});
  commit.effects.push_back({"eff_" + stream, stream, "announce", "{}", from_millis(10)});
  commit.request = request("key_" + stream);
  return commit;
}

void check_all_there(storage::Store& store, const std::string& stream) {
  CHECK(store.load(stream).size() == 2);
  CHECK(store.get_view(stream).has_value());
  CHECK(store.find_request("person_alice", "key_" + stream).has_value());
  storage::ViewQuery open;
  open.tag = Tag{"gate.open", ""};
  CHECK(ids_of(store.query_views(open)) == std::vector<std::string>{stream});
  const auto timers = store.due_timers(from_millis(9'000), 10);
  REQUIRE(timers.size() == 1);
  CHECK(timers[0].stream == stream);
  const auto effects = store.list_effects("pending", 10);
  REQUIRE(effects.size() == 1);
  CHECK(effects[0].id == "eff_" + stream);
}

void check_nothing_there(storage::Store& store, const std::string& stream) {
  CHECK(store.load(stream).empty());
  CHECK_FALSE(store.get_view(stream).has_value());
  CHECK_FALSE(store.find_request("person_alice", "key_" + stream).has_value());
  CHECK(store.due_timers(from_millis(99'000), 10).empty());
  CHECK(store.list_effects("pending", 10).empty());
}

}  // namespace

TEST_CASE("a commit writes all its parts, and nothing is left of a refused one") {
  OpenedStore store(GENERATE(from_range(store_kinds())));
  SECTION("committed") {
    CHECK(commit_one(*store, full_commit("gate_1")) == committed);
    check_all_there(*store, "gate_1");
  }
  SECTION("refused for another stream's version") {
    Commit commit = full_commit("gate_1");
    commit.appends.push_back(appending("task_1", 1).appends[0]);  // there is no task_1
    CHECK(commit_one(*store, commit) == conflict);
    check_nothing_there(*store, "gate_1");
  }
  SECTION("refused for a request that was answered") {
    Commit earlier;
    earlier.request = request("key_gate_1", "first");
    REQUIRE(commit_one(*store, earlier) == committed);
    CHECK(commit_one(*store, full_commit("gate_1")) == request_exists);
    CHECK(store->find_request("person_alice", "key_gate_1")->answer == "first");
    CHECK(store->load("gate_1").empty());
    CHECK(store->due_timers(from_millis(99'000), 10).empty());
  }
}

TEST_CASE("a commit is refused unless its streams are at the expected version") {
  OpenedStore store(GENERATE(from_range(store_kinds())));
  REQUIRE(commit_one(*store, appending("gate_1", 0, 3)) == committed);
  CHECK(commit_one(*store, appending("gate_1", 0)) == conflict);
  CHECK(commit_one(*store, appending("gate_1", 2)) == conflict);
  CHECK(commit_one(*store, appending("gate_1", 4)) == conflict);
  CHECK(commit_one(*store, appending("gate_2", 1)) == conflict);
  CHECK(store->load("gate_1").size() == 3);
  CHECK(store->last_position() == 3);
  CHECK(commit_one(*store, appending("gate_1", 3)) == committed);
  SECTION("an append without events is a condition alone") {
    CHECK(commit_one(*store, appending("gate_1", 4, 0)) == committed);
    CHECK(commit_one(*store, appending("gate_1", 3, 0)) == conflict);
    CHECK(store->last_position() == 4);
  }
  SECTION("the version is known after opening again, too") {
    store.close();
    store.open();
    CHECK(commit_one(*store, appending("gate_1", 3)) == conflict);
    CHECK(commit_one(*store, appending("gate_1", 4)) == committed);
  }
}

TEST_CASE("a stream may be appended to twice in one commit") {
  OpenedStore store(GENERATE(from_range(store_kinds())));
  Commit twice = appending("gate_1", 0, 2);
  twice.appends.push_back(appending("gate_1", 2, 1).appends[0]);
  CHECK(commit_one(*store, twice) == committed);
  CHECK(store->load("gate_1").size() == 3);

  Commit against_itself = appending("gate_2", 0, 2);
  against_itself.appends.push_back(appending("gate_2", 1, 1).appends[0]);
  CHECK(commit_one(*store, against_itself) == conflict);
  CHECK(store->load("gate_2").empty());
}

TEST_CASE("a refused commit in a batch spoils nobody") {
  OpenedStore store(GENERATE(from_range(store_kinds())));
  REQUIRE(commit_one(*store, appending("gate_1", 0)) == committed);
  Commit refused = appending("gate_new", 0);
  refused.appends.push_back(appending("gate_1", 7).appends[0]);
  Commit repeated = appending("gate_3", 0);
  repeated.request = request("k");
  Commit with_request = appending("gate_2", 0);
  with_request.request = request("k");
  const std::vector<Commit> batch = {
      appending("gate_1", 1),    // stands
      appending("gate_1", 1),    // the first of the batch was faster
      with_request,              // stands
      refused,                   // its second stream does not fit
      appending("gate_new", 0),  // so that this one finds gate_new untouched
      repeated,                  // the same request as above
      appending("gate_1", 2),    // sees the first of the batch
  };
  CHECK(store->commit(batch) == std::vector<CommitOutcome>{committed, conflict, committed, conflict,
                                                           committed, request_exists, committed});
  CHECK(store->load("gate_1").size() == 3);
  CHECK(store->load("gate_new").size() == 1);
  CHECK(store->load("gate_3").empty());
  CHECK(store->last_position() == 5);  // and no number was wasted on the refused
}

TEST_CASE("a batch of nothing, or of refused commits, leaves the store as it is") {
  OpenedStore store(GENERATE(from_range(store_kinds())));
  CHECK(store->commit({}).empty());
  const std::vector<Commit> refused = {appending("a", 1), appending("b", 2)};
  CHECK(store->commit(refused) == std::vector<CommitOutcome>{conflict, conflict});
  CHECK(store->last_position() == 0);
}

TEST_CASE("a request is answered once for each principal") {
  OpenedStore store(GENERATE(from_range(store_kinds())));
  Commit commit = appending("gate_1", 0);
  commit.request = request("k", "answer");
  REQUIRE(commit_one(*store, commit) == committed);
  SECTION("a repetition is told so although its version does not fit any more") {
    CHECK(commit_one(*store, commit) == request_exists);
    CHECK(store->load("gate_1").size() == 1);
  }
  SECTION("another principal may use the same key") {
    Commit other = appending("gate_2", 0);
    other.request = request("k", "other");
    other.request->principal = "person_bob";
    CHECK(commit_one(*store, other) == committed);
    CHECK(store->find_request("person_bob", "k")->answer == "other");
  }
  const auto found = store->find_request("person_alice", "k");
  REQUIRE(found.has_value());
  CHECK(found->fingerprint == "POST /v1/pipelines");
  CHECK(found->status == 201);
  CHECK(found->answer == "answer");
  CHECK(found->at == from_millis(5'000));
  CHECK_FALSE(store->find_request("person_carol", "k").has_value());
}

TEST_CASE("a request whose commit was refused may be used again") {
  OpenedStore store(GENERATE(from_range(store_kinds())));
  Commit commit = appending("gate_1", 4);
  commit.request = request("k");
  REQUIRE(commit_one(*store, commit) == conflict);
  commit.appends[0].expected_version = 0;
  CHECK(commit_one(*store, commit) == committed);
}

TEST_CASE("any bytes survive the store") {
  OpenedStore store(GENERATE(from_range(store_kinds())));
  const std::string odd =
      std::string("quote ' \" nul \0 tab \t end ", 25) + "ü€😀; DROP TABLE views";
  Commit commit;
  commit.appends.push_back({odd, 0, {event("type", odd)}});
  auto row = view_row(odd, odd, odd, {{odd, odd, -5, -6}, {"", "", 0, 0}, {"1:2;", "3,4;", 1, 2}});
  row.doc = odd;
  row.text = std::string(100'000, 'x') + odd;
  commit.views.push_back(new_view(row));
  commit.timers.push_back({odd, odd, from_millis(1)});
  commit.request = RequestRecord{odd, odd, odd, 200, odd, from_millis(1)};
  REQUIRE(commit_one(*store, commit) == committed);
  CHECK(store->load(odd).at(0).body == odd);
  const auto view = store->get_view(odd);
  REQUIRE(view.has_value());
  CHECK(view->doc == odd);
  CHECK(view->text == row.text);
  CHECK(view->tags == row.tags);
  CHECK(store->due_timers(from_millis(1), 1).at(0).name == odd);
  CHECK(store->find_request(odd, odd)->answer == odd);
  storage::ViewQuery query;
  query.tag = Tag{odd, odd};
  CHECK(ids_of(store->query_views(query)) == std::vector<std::string>{odd});
}

}  // namespace factory::test
