#include "effects/notify.hpp"

#include <condition_variable>
#include <mutex>

#include "engine/outbox.hpp"
#include "slices/notification/notification.hpp"
#include "slices/preference/preference.hpp"
#include "tests/slices/pipeline/support.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/house.hpp"

namespace factory::test {
namespace {

using effects::Message;
using engine::Attempt;
using nlohmann::json;

struct Sent {
  Message message;
  std::string address;
};

/// A channel that keeps what it is given; or takes its time, and then it was for nothing.
class Keeping final : public effects::Channel {
 public:
  Keeping(std::vector<Sent>& sent, const bool& hangs) : sent_(sent), hangs_(hangs) {}
  Attempt send(const Message& message, const std::string& address,
               const std::stop_token& /*stop*/) override {
    sent_.push_back({message, address});
    if (!hangs_) return {};
    std::unique_lock lock(mutex_);
    nobody_.wait_for(lock, std::chrono::milliseconds{20}, [] { return false; });
    return {Attempt::Outcome::retry, "nobody answers"};
  }

 private:
  std::vector<Sent>& sent_;
  const bool& hangs_;
  std::mutex mutex_;
  std::condition_variable nobody_;
};

const Principal owner = person("owner", Role::owner);

/// A house whose people are told through Discord and by mail.
struct Telling {
  House house{1, {"notify.discord", "notify.email"}};
  std::vector<Sent> discord;
  std::vector<Sent> mail;
  bool discord_hangs = false;
  const bool mail_hangs = false;
  std::unique_ptr<effects::Notifier> notifier;

  Telling() {
    house.add("alice", Role::operator_);
    prefer("alice", "alice@example.com");
    start();
  }
  void start() {
    std::map<NotifyChannel, std::unique_ptr<effects::Channel>> channels;
    channels[NotifyChannel::discord] = std::make_unique<Keeping>(discord, discord_hangs);
    channels[NotifyChannel::email] = std::make_unique<Keeping>(mail, mail_hangs);
    notifier = std::make_unique<effects::Notifier>(
        effects::NotifierParts{house.core().runner(), house.core().store(), house.clock(),
                               [] { return std::string("https://factory.example"); }, Millis{10}},
        effects::NotifySettings{}, std::move(channels));
  }
  void reopen() {
    notifier.reset();
    house.reopen();
    start();
  }

  void prefer(const std::string& name, const std::string& email,
              std::vector<preference::Rule> rules = {},
              std::optional<preference::Quiet> quiet = {}) {
    preference::Changed wanted;
    wanted.email = email;
    wanted.discord = "42";
    wanted.channels = std::move(rules);
    wanted.quiet = quiet;
    const auto done =
        house.run(preference::stream_of(name),
                  preference::Command{preference::Set{std::move(wanted)}}, person(name));
    REQUIRE(done);
  }

  /// A pipeline that waits for its review, with a ladder; the id of its task.
  std::string waiting(const std::string& name) {
    const std::string id = house.fresh("pipe");
    pipeline::Created created = pipeline_created();
    created.name = name;
    Plan plan = small_plan();
    plan.sla.fill(Sla{0, 120, 0});
    Ladder ladder;
    LadderStep step;
    step.name = "created";
    step.channels = {NotifyChannel::in_app, NotifyChannel::discord, NotifyChannel::email};
    ladder.steps.push_back(step);
    step.name = "late";
    step.minutes = 30;
    step.severity = Urgency::warning;
    ladder.steps.push_back(step);
    plan.ladder = std::make_shared<const Ladder>(ladder);
    created.plan = std::make_shared<const Plan>(std::move(plan));
    REQUIRE(house.run(id, pipeline::Command{pipeline::Create{created}}, owner));
    REQUIRE(house.run(id, pipeline::Command{pipeline::CompleteWork{"building", true, built()}},
                      agent("goose")));
    REQUIRE(house.run(id, pipeline::Command{pipeline::CompleteWork{"testing", true, tested()}},
                      agent("goose")));
    pass(0);
    return house.doc(id)["waiting_for"]["task_id"];
  }

  void run() {
    for (int i = 0; i < 20; ++i) {
      const int taken = engine::run_effects(house.core().runner(), house.clock(),
                                            house.core().ids(), notifier->handlers(), {}, {});
      if (taken == 0) return;
    }
    FAIL("effects never come to rest");
  }
  void pass(std::int64_t minutes) {
    house.clock().advance(Millis{minutes * 60'000});
    while (house.core().fire_timers()) {
    }
  }
};

TEST_CASE("notify: a step is told once in each place, through restarts", "[notify]") {
  Telling telling;
  const std::string task = telling.waiting("mail");
  telling.reopen();
  telling.run();
  telling.reopen();
  telling.run();
  REQUIRE(telling.discord.size() == 1);
  CHECK_THAT(telling.discord[0].message.title, contains("mail"));
  CHECK(telling.discord[0].message.url == "https://factory.example/v1/tasks/" + task);
  CHECK(telling.discord[0].message.discord_ids == std::vector<std::string>{"42"});
  REQUIRE(telling.mail.size() == 1);  // the owner has no address
  CHECK(telling.mail[0].address == "alice@example.com");
  telling.pass(29);
  telling.run();
  CHECK(telling.mail.size() == 1);
  telling.pass(1);
  telling.reopen();
  telling.run();
  CHECK(telling.mail.size() == 2);
  CHECK(telling.discord.size() == 2);
  telling.pass(1000);
  telling.run();
  CHECK(telling.mail.size() == 2);
}

TEST_CASE("notify: what was decided meanwhile is told no more", "[notify]") {
  Telling telling;
  const std::string task = telling.waiting("mail");
  const std::string gate = telling.house.doc(task)["approval_id"];
  REQUIRE(telling.house.run(gate, gate::Command{gate::Vote{}}, person("alice")));
  telling.run();
  CHECK(telling.discord.empty());
  CHECK(telling.mail.empty());
  CHECK(telling.house.core().store().list_effects("obsolete", 100).size() >= 2);
}

TEST_CASE("notify: what was read in the inbox needs no mail", "[notify]") {
  Telling telling;
  telling.waiting("mail");
  storage::ViewQuery query;
  query.tag = storage::Tag{notification::inbox_key("alice"), "", 0, 0};
  const auto inbox = telling.house.core().store().query_views(query).rows;
  REQUIRE(inbox.size() == 1);
  REQUIRE(telling.house.run(inbox[0].id, notification::Command{notification::MarkRead{}},
                            person("alice")));
  telling.run();
  CHECK(telling.mail.empty());
  CHECK(telling.discord.size() == 1);
}

TEST_CASE("notify: nobody is told through what they do not want", "[notify]") {
  Telling telling;
  using preference::Threshold;
  telling.prefer(
      "alice", "alice@example.com",
      {{NotifyChannel::email, Threshold::warning}, {NotifyChannel::discord, Threshold::off}});
  telling.waiting("mail");
  telling.run();
  CHECK(telling.mail.empty());
  REQUIRE(telling.discord.size() == 1);
  CHECK(telling.discord[0].message.discord_ids.empty());
  telling.pass(30);
  telling.run();
  CHECK(telling.mail.size() == 1);
}

TEST_CASE("notify: quiet hours are waited out", "[notify]") {
  Telling telling;  // it is 6 o'clock
  telling.prefer("alice", "alice@example.com", {}, preference::Quiet{22 * 60, 7 * 60, 0});
  telling.waiting("mail");
  telling.run();
  CHECK(telling.mail.empty());
  telling.house.clock().advance(Millis{59 * 60'000});
  telling.run();
  CHECK(telling.mail.empty());
  telling.house.clock().advance(Millis{60'000});
  telling.run();
  CHECK(telling.mail.size() == 1);
}

TEST_CASE("notify: a storm is one message", "[notify]") {
  Telling telling;
  for (int i = 0; i < 40; ++i) telling.waiting("server-" + std::to_string(i));
  telling.run();
  CHECK(telling.mail.size() == 1);
  CHECK(telling.discord.size() <= 3);  // an effect sees those that are due beside it
  CHECK_THAT(telling.mail[0].message.title, contains("40 things"));
  CHECK_THAT(telling.mail[0].message.text, contains("server-0"));
  CHECK_THAT(telling.mail[0].message.text, contains("more"));
  // All of them are noted as delivered, so that nothing comes later.
  telling.pass(15);
  telling.run();
  CHECK(telling.mail.size() == 1);
}

TEST_CASE("notify: a channel that hangs is left alone, and the others go on", "[notify]") {
  Telling telling;
  telling.discord_hangs = true;
  for (int i = 0; i < 4; ++i) telling.waiting("server-" + std::to_string(i));
  telling.run();
  CHECK(telling.discord.size() == 1);
  CHECK(telling.mail.size() == 4);
  telling.house.clock().advance(Millis{29'000});
  telling.run();
  CHECK(telling.discord.size() == 1);
  telling.house.clock().advance(Millis{1'000});
  telling.run();
  CHECK(telling.discord.size() == 2);  // one looks whether it answers again
  telling.house.clock().advance(Millis{30'000});
  telling.run();
  CHECK(telling.discord.size() == 2);  // it rests longer each time
  telling.discord_hangs = false;
  telling.house.clock().advance(Millis{30'000});
  telling.run();
  CHECK(telling.discord.size() == 6);
  CHECK(telling.mail.size() == 4);
  CHECK(telling.house.core().store().list_effects("pending", 10).empty());
  CHECK(telling.house.core().store().list_effects("dead", 10).empty());
}

TEST_CASE("notify: a trickle becomes a digest once it is too much", "[notify]") {
  Telling telling;
  for (int i = 0; i < 12; ++i) {
    telling.waiting("server-" + std::to_string(i));
    telling.run();
    telling.house.clock().advance(Millis{10'000});
  }
  CHECK(telling.mail.size() == 5);
  telling.house.clock().advance(Millis{10 * 60'000});
  telling.run();
  REQUIRE(telling.mail.size() == 6);
  CHECK_THAT(telling.mail[5].message.title, contains("7 things"));
}

}  // namespace
}  // namespace factory::test
