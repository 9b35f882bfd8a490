// What was kept long enough leaves the inbox and the views, and the trail stays sound over it.
#include "engine/audit.hpp"
#include "engine/rebuild.hpp"
#include "flows/slices.hpp"
#include "slices/notification/notification.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/house.hpp"
#include "tests/support/spec.hpp"

namespace factory::test {
namespace {

constexpr Millis day{86'400'000};
constexpr int most = 1000;

/// An inbox of carl's.
struct Inbox {
  House house;

  std::string tell(const std::string& title) {
    notification::Created created;
    created.recipient = "carl";
    created.kind = "mention";
    created.title = title;
    created.entity_type = "task";
    created.entity_id = "task_1";
    created.channels = {NotifyChannel::in_app};
    const std::string id = house.fresh("ntf");
    REQUIRE(house.run(id, notification::Command{notification::Create{created}}, person("ada")));
    return id;
  }
  void read(const std::string& id) {
    REQUIRE(house.run(id, notification::Command{notification::MarkRead{}}, person("carl")));
  }
  void dismiss(const std::string& id) {
    REQUIRE(house.run(id, notification::Command{notification::Dismiss{}}, person("carl")));
  }
  engine::ArchiveRun archive() { return house.core().archive_notifications(day * 90, most); }
  bool there(const std::string& id) { return house.core().store().get_view(id).has_value(); }
  std::size_t shown(const std::string& key) {
    storage::ViewQuery query;
    query.tag = storage::Tag{key, "", 0, 0};
    query.limit = 100;
    return house.core().store().query_views(query).rows.size();
  }
};

TEST_CASE("notification: what was read or dismissed goes in its time, the unread much later",
          "[notification]") {
  Inbox inbox;
  const std::string dismissed = inbox.tell("dismissed");
  const std::string read = inbox.tell("read");
  const std::string late = inbox.tell("read late");
  const std::string unread = inbox.tell("unread");
  inbox.dismiss(dismissed);
  inbox.read(read);
  inbox.house.clock().advance(day * 60);
  inbox.read(late);
  const std::string young = inbox.tell("young");
  CHECK(inbox.archive().streams == 0);
  inbox.house.clock().advance(day * 30 + Millis{1});
  CHECK(inbox.archive().streams == 2);
  CHECK_FALSE(inbox.there(dismissed));
  CHECK_FALSE(inbox.there(read));
  CHECK(inbox.there(late));
  CHECK(inbox.shown(notification::inbox_key("carl")) == 3);
  inbox.house.clock().advance(day * 60);
  CHECK(inbox.archive().streams == 1);
  CHECK_FALSE(inbox.there(late));
  inbox.house.clock().advance(day * 209);
  CHECK(inbox.archive().streams == 0);
  inbox.house.clock().advance(day);
  CHECK(inbox.archive().streams == 1);
  CHECK_FALSE(inbox.there(unread));
  CHECK(inbox.there(young));
  CHECK(inbox.shown(notification::unread_key("carl")) == 1);
}

TEST_CASE("notification: chain, seals and rebuild go on over what went", "[notification]") {
  Inbox inbox;
  std::vector<std::string> all;
  for (int i = 0; i < 25; ++i) all.push_back(inbox.tell("one of many"));
  for (const std::string& id : all) inbox.read(id);
  Core& core = inbox.house.core();
  core.seal();
  inbox.house.clock().advance(day * 91);
  const engine::ArchiveRun run = inbox.archive();
  CHECK(run.streams == 25);
  CHECK(run.events == 50);
  REQUIRE(run.files.size() == 1);
  CHECK_FALSE(run.more);
  const auto audit =
      engine::verify_store(core.store(), core.seal_key().public_hex(), core.archive_folder());
  CHECK(audit.problems == std::vector<std::string>{});
  CHECK(audit.archived == 50);
  CHECK(engine::check_views(core.store(), all_slices()).differences == std::vector<std::string>{});
  // Nothing can be done to it any more, and it never comes back.
  const auto refused =
      inbox.house.run(all[0], notification::Command{notification::Dismiss{}}, person("carl"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::not_found);
  inbox.house.reopen();
  engine::rebuild_views(inbox.house.core().store(), all_slices());
  CHECK(inbox.shown(notification::inbox_key("carl")) == 0);
}

TEST_CASE("notification: many that are old go in several steps", "[notification]") {
  Inbox inbox;
  for (int i = 0; i < 35; ++i) inbox.read(inbox.tell("one of many"));
  inbox.house.clock().advance(day * 91);
  const engine::ArchiveRun some = inbox.house.core().archive_notifications(day * 90, 2);
  CHECK(some.streams == 20);
  CHECK(some.more);
  CHECK(inbox.archive().streams == 15);
  CHECK(inbox.archive().streams == 0);
}

}  // namespace
}  // namespace factory::test
