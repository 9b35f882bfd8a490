// Tags that no other view may have.
#include <algorithm>

#include "tests/storage/store_cases.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {

using storage::Commit;
using storage::CommitOutcome;
using storage::RequestRecord;
using storage::Tag;

namespace {

constexpr auto committed = CommitOutcome::committed;
constexpr auto taken = CommitOutcome::taken;

Tag slug(const std::string& value) { return {"pipeline.slug", value, 0, 0, true}; }

/// A new stream whose view wants these tags.
Commit named(const std::string& stream, const std::vector<Tag>& tags) {
  Commit commit = appending(stream, 0);
  commit.views.push_back(new_view(view_row(stream, "pipeline", "active", tags)));
  return commit;
}

std::vector<std::string> holders(storage::Store& store, const std::string& value) {
  storage::ViewQuery query;
  query.tag = slug(value);
  return ids_of(store.query_views(query));
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a unique tag has one holder, and nothing is left of a commit that wanted it, too") {
  OpenedStore store(GENERATE(from_range(store_kinds())));
  REQUIRE(commit_one(*store, named("pipe_1", {slug("mail")})) == committed);
  Commit late = named("pipe_2", {{"other", "x", 0, 0}, slug("mail")});
  late.timers.push_back({"pipe_2", "sla", from_millis(1)});
  late.effects.push_back({"eff_1", "pipe_2", "announce", "{}", from_millis(1)});
  late.request = RequestRecord{"alice", "key", "POST", 201, "{}", from_millis(1)};
  CHECK(commit_one(*store, late) == taken);
  CHECK(store->load("pipe_2").empty());
  CHECK_FALSE(store->get_view("pipe_2"));
  CHECK(store->due_timers(from_millis(9), 9).empty());
  CHECK(store->list_effects("pending", 9).empty());
  CHECK_FALSE(store->find_request("alice", "key"));
  CHECK(store->last_position() == 1);
  CHECK(holders(*store, "mail") == Names{"pipe_1"});
  SECTION("also after opening again") {
    store.close();
    store.open();
    CHECK(commit_one(*store, late) == taken);
  }
  SECTION("another value of the key is free, and so is the value under another key") {
    CHECK(commit_one(*store, named("pipe_3", {slug("mail-2")})) == committed);
    CHECK(commit_one(*store, named("pipe_4", {{"other.slug", "mail", 0, 0, true}})) == committed);
  }
}

TEST_CASE("in a batch the first one gets the unique tag, and the others spoil nobody") {
  OpenedStore store(GENERATE(from_range(store_kinds())));
  const std::vector<Commit> batch{named("pipe_1", {slug("mail")}), named("pipe_2", {slug("mail")}),
                                  named("pipe_3", {slug("post")}), appending("pipe_2", 1)};
  CHECK(store->commit(batch) ==
        std::vector<CommitOutcome>{committed, taken, committed, CommitOutcome::conflict});
  CHECK(holders(*store, "mail") == Names{"pipe_1"});
  CHECK(holders(*store, "post") == Names{"pipe_3"});
  CHECK(store->last_position() == 2);
}

TEST_CASE("two views of one commit cannot both have a unique tag") {
  OpenedStore store(GENERATE(from_range(store_kinds())));
  Commit both = named("pipe_1", {slug("mail")});
  both.views.push_back(new_view(view_row("pipe_2", "pipeline", "active", {slug("mail")})));
  CHECK(commit_one(*store, both) == taken);
  CHECK(holders(*store, "mail").empty());
}

TEST_CASE("a unique tag is free again once its holder gives it up") {
  OpenedStore store(GENERATE(from_range(store_kinds())));
  REQUIRE(commit_one(*store, named("pipe_1", {slug("mail")})) == committed);
  Commit renamed = appending("pipe_1", 1);
  renamed.views.push_back(
      {view_row("pipe_1", "pipeline", "active", {slug("post")}), {slug("mail")}, {slug("post")}});
  REQUIRE(commit_one(*store, renamed) == committed);
  CHECK(commit_one(*store, named("pipe_2", {slug("mail")})) == committed);
  CHECK(commit_one(*store, named("pipe_3", {slug("post")})) == taken);
}

TEST_CASE("a repeated request is told so, and not that it has taken its own tag") {
  OpenedStore store(GENERATE(from_range(store_kinds())));
  Commit commit = named("pipe_1", {slug("mail")});
  commit.request = RequestRecord{"alice", "key", "POST", 201, "{}", from_millis(1)};
  REQUIRE(commit_one(*store, commit) == committed);
  Commit again = named("pipe_2", {slug("mail")});
  again.request = commit.request;
  CHECK(commit_one(*store, again) == CommitOutcome::request_exists);
}

TEST_CASE("what is unique stays so when the views are written anew") {
  OpenedStore store(GENERATE(from_range(store_kinds())));
  REQUIRE(commit_one(*store, named("pipe_1", {slug("mail")})) == committed);
  std::vector<storage::ViewRow> rows{view_row("pipe_1", "pipeline", "active", {slug("mail")})};
  store->replace_views([&]() -> std::optional<storage::ViewRow> {
    if (rows.empty()) return std::nullopt;
    storage::ViewRow row = rows.back();
    rows.pop_back();
    return row;
  });
  CHECK(store->get_view("pipe_1")->tags == std::vector<Tag>{slug("mail")});
  CHECK(commit_one(*store, named("pipe_2", {slug("mail")})) == taken);
}

}  // namespace factory::test
