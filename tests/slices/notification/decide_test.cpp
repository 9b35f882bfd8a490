#include "slices/notification/notification.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/spec.hpp"

namespace factory::test {
namespace {

using notification::Status;
using NotificationSpec = Spec<notification::Definition>;

notification::Created told() {
  notification::Created created;
  created.recipient = "carl";
  created.kind = "task_reminder";
  created.title = "Look at it";
  created.entity_type = "task";
  created.entity_id = "task_1";
  created.channels = {NotifyChannel::in_app, NotifyChannel::email};
  created.at = story_start;
  return created;
}

NotificationSpec in_status(Status status) {
  NotificationSpec spec({person("carl"), person("dora")});
  if (status == Status::none) return spec;
  spec.given(told());
  if (status == Status::read) spec.given(notification::MarkedRead{story_start});
  if (status == Status::dismissed) spec.given(notification::Dismissed{story_start});
  return spec;
}

struct Row {
  std::string name;
  notification::Command command;
  std::array<std::string, 4> brief;  ///< for none, unread, read, dismissed; asked by carl
};

TEST_CASE("notification: every command answers for every status", "[notification]") {
  const std::string no = "refused: not_found";
  const std::string sent = "notification.delivered";
  const std::vector<Row> rows{
      {"create",
       notification::Create{told()},
       {"notification.created", "nothing", "nothing", "nothing"}},
      {"read", notification::MarkRead{}, {no, "notification.read", "nothing", "nothing"}},
      {"dismiss",
       notification::Dismiss{},
       {no, "notification.dismissed", "notification.dismissed", "nothing"}},
      {"delivered",
       notification::MarkDelivered{NotifyChannel::email, false},
       {no, sent, sent, sent}},
      {"delivered through what it has not",
       notification::MarkDelivered{NotifyChannel::sms, false},
       {no, "nothing", "nothing", "nothing"}},
  };
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.brief.size(); ++i) {
      const auto status = static_cast<Status>(i);
      INFO(row.name << " when " << name_of(status));
      CHECK(in_status(status).as(person("carl")).ask(row.command).brief() == row.brief.at(i));
    }
  }
}

TEST_CASE("notification: to others it does not exist", "[notification]") {
  for (const Status status : {Status::unread, Status::read, Status::dismissed}) {
    NotificationSpec spec = in_status(status);
    spec.as(person("dora", Role::owner));
    CHECK(spec.ask(notification::MarkRead{}).brief() == "refused: not_found");
    CHECK(spec.ask(notification::Dismiss{}).brief() == "refused: not_found");
  }
}

TEST_CASE("notification: what leaves the house is an effect a channel", "[notification]") {
  NotificationSpec spec;
  notification::Created created = told();
  created.channels = {NotifyChannel::in_app, NotifyChannel::email, NotifyChannel::sms};
  const auto outcome = spec.when(notification::Create{created});
  REQUIRE(outcome.effects.size() == 2);
  CHECK(outcome.effects[0].kind == "notify.email");
  CHECK(outcome.effects[1].kind == "notify.sms");
}

std::vector<std::string> keys(const NotificationSpec& spec) {
  std::vector<std::string> all;
  for (const IndexEntry& entry : spec.view().index) all.push_back(entry.key);
  return all;
}

TEST_CASE("notification: where it is found", "[notification]") {
  using Keys = std::vector<std::string>;
  CHECK(keys(in_status(Status::unread)) == Keys{"notification.inbox:carl",
                                                "notification.unread:carl", "notification.open",
                                                "notification.unsent.email:carl"});
  CHECK(keys(in_status(Status::read)) == Keys{"notification.inbox:carl", "notification.settled"});
  CHECK(keys(in_status(Status::dismissed)) == Keys{"notification.settled"});
  NotificationSpec sent = in_status(Status::unread);
  sent.when(notification::MarkDelivered{NotifyChannel::email, true});
  CHECK(keys(sent) ==
        Keys{"notification.inbox:carl", "notification.unread:carl", "notification.open"});
  CHECK(sent.view().doc["delivered_via"][0]["channel"] == "email");
  CHECK(sent.view().doc["delivered_via"][0]["in_digest"] == true);
}

TEST_CASE("notification: one that is for no inbox is in none", "[notification]") {
  NotificationSpec spec;
  notification::Created created = told();
  created.channels = {NotifyChannel::phone};
  spec.given(created);
  CHECK(keys(spec) ==
        std::vector<std::string>{"notification.open", "notification.unsent.phone:carl"});
}

TEST_CASE("notification: each event tells each person once", "[notification]") {
  const std::string first = notification::stream_of("task_1", 2, "carl");
  CHECK(first == notification::stream_of("task_1", 2, "carl"));
  CHECK(first != notification::stream_of("task_1", 3, "carl"));
  CHECK(first != notification::stream_of("task_1", 2, "dora"));
  CHECK(first != notification::stream_of("task_2", 2, "carl"));
  CHECK(has_prefix(first, "ntf"));
}

}  // namespace
}  // namespace factory::test
