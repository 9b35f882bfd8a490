// The queue of deliveries: each (webhook, event) once, order in a lane, leases, health, the log.
#include "storage/deliveries.hpp"

#include <memory>

#include "storage/open.hpp"
#include "tests/storage/child_process.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

namespace factory::test {
namespace {

using namespace factory::storage;
using Ids = std::vector<std::string>;

Time at(std::int64_t seconds) { return from_millis(1'000'000 + seconds * 1000); }

NewDelivery wanted(const std::string& webhook, const std::string& entity, std::int64_t sequence) {
  const std::string event = entity + "/" + std::to_string(sequence);
  NewDelivery one;
  one.id = webhook + ":" + event;
  one.webhook = webhook;
  one.lane = entity;
  one.parcel = {event, "task.created", entity, sequence, sequence, "trace", "body of " + event};
  return one;
}

/// A queue in a folder of its own, that can be opened again.
class Queue {
 public:
  Queue() { open(); }
  void open() {
    queue_.reset();
    queue_ = open_sqlite_deliveries(folder_.string() + "/deliveries.db");
  }
  Deliveries* operator->() { return queue_.get(); }

  void put(const std::vector<NewDelivery>& deliveries, std::int64_t position = 1) {
    queue_->put(deliveries, {}, position, at(0));
  }
  /// Everything that can be claimed right now, left under way.
  std::vector<Delivery> claim_all(const std::string& webhook, Time now = at(0)) {
    std::vector<Delivery> taken;
    std::set<std::string> busy;
    while (auto one = queue_->claim(webhook, now, now + Millis{60'000}, busy)) {
      busy.insert(one->id);
      taken.push_back(std::move(*one));
    }
    return taken;
  }
  DeliveryHealth settle(const Delivery& delivery, DeliveryStatus status, Time due = at(0)) {
    DeliveryAttempt attempt;
    attempt.attempt = delivery.attempts;
    attempt.at = at(0);
    attempt.request_headers = attempt.response_headers = "{}";
    attempt.status = status == DeliveryStatus::delivered ? 200 : 500;
    attempt.error = status == DeliveryStatus::delivered ? "" : "It answered 500.";
    return queue_->settle(delivery, attempt, {status, due, std::nullopt});
  }

 private:
  TempDir folder_;
  std::unique_ptr<Deliveries> queue_;
};

Ids ids(const std::vector<Delivery>& deliveries) {
  Ids all;
  for (const Delivery& one : deliveries) all.push_back(one.id);
  return all;
}

Ids listed(Queue& queue, const std::string& webhook, std::optional<DeliveryStatus> status = {}) {
  return ids(queue->list({webhook, status, "", 100}).deliveries);
}

}  // namespace

TEST_CASE("a delivery is there once, however often the log is read", "[deliveries]") {
  Queue queue;
  CHECK(queue->position() == -1);
  queue.put({wanted("h", "t", 1), wanted("g", "t", 1)}, 5);
  queue.open();
  CHECK(queue->position() == 5);
  queue.put({wanted("h", "t", 1), wanted("h", "t", 2)}, 6);
  CHECK(listed(queue, "h") == Ids{"h:t/2", "h:t/1"});
  CHECK(listed(queue, "g") == Ids{"g:t/1"});
  const auto found = queue->find("h", "h:t/1");
  REQUIRE(found);
  CHECK(found->parcel.body == "body of t/1");
  CHECK(found->parcel.traceparent == "trace");
  CHECK(found->status == DeliveryStatus::pending);
  CHECK_FALSE(queue->find("g", "h:t/1"));
}

TEST_CASE("a process that dies between two steps leaves whole ones", "[deliveries]") {
  TempDir folder;
  const std::string file = folder.string() + "/deliveries.db";
  ChildProcess child([&](const ChildProcess::Report& report) {
    const auto queue = open_sqlite_deliveries(file);
    for (std::int64_t i = 1;; ++i) {
      const std::vector<NewDelivery> two{wanted("h", "t", i), wanted("g", "t", i)};
      queue->put(two, {}, i, at(0));
      report(i);
    }
  });
  std::int64_t reported = 0;
  while (reported < 200) REQUIRE(child.receive(reported));
  child.kill();
  const auto queue = open_sqlite_deliveries(file);
  const std::int64_t position = queue->position();
  CHECK(position >= reported);
  for (const char* webhook : {"h", "g"}) {
    std::int64_t count = 0;
    DeliveryQuery query{webhook, {}, "", 100};
    do {
      const DeliveryPage page = queue->list(query);
      count += static_cast<std::int64_t>(page.deliveries.size());
      query.cursor = page.next_cursor;
    } while (!query.cursor.empty());
    CHECK(count == position);
  }
}

TEST_CASE("a later one of a lane waits for the earlier ones, other lanes go on", "[deliveries]") {
  Queue queue;
  queue.put({wanted("h", "a", 1), wanted("h", "a", 2), wanted("h", "b", 1), wanted("h", "a", 3)});
  auto taken = queue.claim_all("h");
  REQUIRE(ids(taken) == Ids{"h:a/1", "h:b/1"});
  CHECK(taken[0].attempts == 1);
  CHECK(taken[0].parcel.body == "body of a/1");
  queue.settle(taken[0], DeliveryStatus::pending, at(30));
  CHECK(queue.claim_all("h", at(29)).empty());
  CHECK_FALSE(queue->any_due({"h"}, at(29)));
  CHECK(queue->any_due({"h"}, at(30)));
  taken = queue.claim_all("h", at(30));
  REQUIRE(ids(taken) == Ids{"h:a/1"});
  CHECK(taken[0].attempts == 2);
  queue.settle(taken[0], DeliveryStatus::delivered);
  taken = queue.claim_all("h", at(30));
  REQUIRE(ids(taken) == Ids{"h:a/2"});
  queue.settle(taken[0], DeliveryStatus::dead);  // given up: the next one goes
  CHECK(ids(queue.claim_all("h", at(30))) == Ids{"h:a/3"});
}

TEST_CASE("what comes late into a lane takes the place of its sequence", "[deliveries]") {
  Queue queue;
  queue.put({wanted("h", "a", 5)});
  queue->replay(std::vector<NewDelivery>{wanted("h", "a", 4), wanted("h", "a", 3)}, at(1));
  auto taken = queue.claim_all("h", at(1));
  REQUIRE(ids(taken) == Ids{"h:a/3"});
  // While one is under way it stays so, whatever comes.
  queue->replay(std::vector<NewDelivery>{wanted("h", "a", 2)}, at(1));
  CHECK(queue->any_due({"h"}, at(1)) == false);
  queue.settle(taken[0], DeliveryStatus::delivered);
  CHECK(ids(queue.claim_all("h", at(1))) == Ids{"h:a/2"});
}

TEST_CASE("a lease runs out after a crash, and the same delivery is taken again", "[deliveries]") {
  Queue queue;
  queue.put({wanted("h", "a", 1), wanted("h", "a", 2)});
  REQUIRE(queue.claim_all("h").size() == 1);
  queue.open();
  CHECK(queue.claim_all("h", at(59)).empty());
  const auto again = queue.claim_all("h", at(60));
  REQUIRE(ids(again) == Ids{"h:a/1"});
  CHECK(again[0].attempts == 2);
  // One that is under way in this process is not taken twice, however long it takes.
  CHECK_FALSE(queue->claim("h", at(500), at(600), {"h:a/1"}));
}

TEST_CASE("a new process need not wait for the leases of a dead one", "[deliveries]") {
  Queue queue;
  queue.put({wanted("h", "a", 1), wanted("h", "a", 2), wanted("h", "b", 1), wanted("h", "c", 1)});
  const auto taken = queue.claim_all("h");
  REQUIRE(ids(taken) == Ids{"h:a/1", "h:b/1", "h:c/1"});
  queue.settle(taken[1], DeliveryStatus::delivered);
  queue.settle(taken[2], DeliveryStatus::pending, at(30));
  queue.open();
  queue->recover(at(2));
  const auto again = queue.claim_all("h", at(2));
  REQUIRE(ids(again) == Ids{"h:a/1"});  // neither what was settled nor what waits for its time
  CHECK(again[0].attempts == 2);
  queue.settle(again[0], DeliveryStatus::delivered);
  CHECK(ids(queue.claim_all("h", at(2))) == Ids{"h:a/2"});
}

TEST_CASE("a delivery that is given back counts no attempt", "[deliveries]") {
  Queue queue;
  queue.put({wanted("h", "a", 1)});
  const auto taken = queue.claim_all("h");
  queue->release(taken.at(0), at(3));
  CHECK(queue.claim_all("h", at(2)).empty());
  CHECK(queue.claim_all("h", at(3)).at(0).attempts == 1);
}

TEST_CASE("what is settled twice, or gone, changes nothing", "[deliveries]") {
  Queue queue;
  queue.put({wanted("h", "a", 1), wanted("h", "a", 2)});
  const auto taken = queue.claim_all("h");
  queue.settle(taken.at(0), DeliveryStatus::delivered);
  queue.settle(taken.at(0), DeliveryStatus::dead);
  CHECK(queue->find("h", "h:a/1")->status == DeliveryStatus::delivered);
  CHECK(queue->attempts(taken.at(0)).size() == 1);
  const std::vector<WebhookChange> gone{{"h", WebhookChange::Kind::gone}};
  queue->put({}, gone, 9, at(0));
  CHECK(listed(queue, "h").empty());
  CHECK(queue.settle(taken.at(0), DeliveryStatus::delivered).dead_in_row == 0);
  CHECK_FALSE(queue->any_due({"h"}, at(1000)));
}

TEST_CASE("health counts from the first failure, and a success or a fresh start ends it",
          "[deliveries]") {
  Queue queue;
  queue.put({wanted("h", "a", 1), wanted("h", "b", 1), wanted("h", "c", 1), wanted("h", "d", 1)});
  const auto taken = queue.claim_all("h");
  REQUIRE(taken.size() == 4);
  CHECK(queue.settle(taken[0], DeliveryStatus::pending, at(9)).failing_since == at(0));
  CHECK(queue.settle(taken[1], DeliveryStatus::dead).dead_in_row == 1);
  queue.open();
  CHECK(queue->health("h").dead_in_row == 1);
  CHECK_FALSE(queue.settle(taken[2], DeliveryStatus::delivered).failing_since);
  queue.settle(taken[3], DeliveryStatus::dead);
  const std::vector<WebhookChange> fresh{{"h", WebhookChange::Kind::fresh_start}};
  queue->put({}, fresh, 9, at(0));
  CHECK_FALSE(queue->health("h").failing_since);
  CHECK(listed(queue, "h").size() == 4);
}

TEST_CASE("a webhook that asked for time is left alone until then", "[deliveries]") {
  Queue queue;
  queue.put({wanted("h", "a", 1), wanted("h", "b", 1), wanted("g", "a", 1)});
  const auto first = queue->claim("h", at(0), at(60), {});
  REQUIRE(first);
  DeliveryAttempt attempt;
  attempt.attempt = 1;
  attempt.at = at(0);
  attempt.request_headers = "{}";
  queue->settle(*first, attempt, {DeliveryStatus::pending, at(1), at(100)});
  CHECK(queue.claim_all("h", at(99)).empty());
  CHECK_FALSE(queue->any_due({"h"}, at(99)));
  CHECK(queue->any_due({"h", "g"}, at(99)));
  CHECK(queue.claim_all("h", at(100)).size() == 2);
}

TEST_CASE("a replay makes due again under the same id", "[deliveries]") {
  Queue queue;
  queue.put({wanted("h", "a", 1), wanted("h", "a", 2), wanted("h", "b", 1)});
  auto taken = queue.claim_all("h");
  queue.settle(taken.at(0), DeliveryStatus::delivered);
  queue.settle(taken.at(1), DeliveryStatus::dead);
  queue->replay(std::vector<NewDelivery>{wanted("h", "a", 1)}, at(5));
  CHECK(queue->replay_dead("h", at(5), 10) == 1);
  CHECK(queue->replay_dead("h", at(5), 10) == 0);
  queue.open();
  taken = queue.claim_all("h", at(5));
  REQUIRE(ids(taken) == Ids{"h:a/1", "h:b/1"});
  CHECK(taken[0].attempts == 2);
  CHECK(taken[0].tries == 1);
  CHECK(taken[0].first_attempt == at(5));
  queue.settle(taken[0], DeliveryStatus::delivered);
  CHECK(ids(queue.claim_all("h", at(5))) == Ids{"h:a/2"});
  CHECK(queue->attempts(taken[0]).size() == 2);
}

TEST_CASE("the log has pages, newest first, and a filter", "[deliveries]") {
  Queue queue;
  for (int i = 1; i <= 5; ++i) queue.put({wanted("h", "t" + std::to_string(i), 1)});
  auto taken = queue.claim_all("h");
  queue.settle(taken.at(1), DeliveryStatus::dead);
  DeliveryPage page = queue->list({"h", {}, "", 2});
  CHECK(ids(page.deliveries) == Ids{"h:t5/1", "h:t4/1"});
  page = queue->list({"h", {}, page.next_cursor, 2});
  CHECK(ids(page.deliveries) == Ids{"h:t3/1", "h:t2/1"});
  page = queue->list({"h", {}, page.next_cursor, 2});
  CHECK(ids(page.deliveries) == Ids{"h:t1/1"});
  CHECK(page.next_cursor.empty());
  CHECK(listed(queue, "h", DeliveryStatus::dead) == Ids{"h:t2/1"});
  CHECK_THROWS_AS(queue->list({"h", {}, "nonsense", 2}), std::invalid_argument);
}

TEST_CASE("what was delivered long ago is forgotten, what waits never", "[deliveries]") {
  Queue queue;
  queue.put({wanted("h", "a", 1), wanted("h", "b", 1), wanted("h", "c", 1), wanted("g", "a", 1)});
  const auto taken = queue.claim_all("h");
  queue.settle(taken.at(0), DeliveryStatus::delivered);
  queue.settle(taken.at(1), DeliveryStatus::dead);
  CHECK_FALSE(queue->prune(at(0), at(0), 10));
  CHECK(listed(queue, "h").size() == 3);
  CHECK(queue->prune(at(1), at(1), 1));
  CHECK(listed(queue, "h").size() == 2);
  CHECK_FALSE(queue->prune(at(1), at(0), 10));
  CHECK(listed(queue, "h") == Ids{"h:c/1", "h:b/1"});
  // The other webhook's still has its body.
  CHECK(queue->find("g", "g:a/1")->parcel.body == "body of a/1");
}

TEST_CASE("ten thousand that wait cost a claim nothing", "[deliveries]") {
  Queue queue;
  std::vector<NewDelivery> many;
  for (int i = 1; i <= 10'000; ++i) many.push_back(wanted("h", "t", i));
  queue.put(many);
  // All of one lane: only its first can be taken, and that is found at once.
  for (int i = 1; i <= 20; ++i) {
    const auto taken = queue.claim_all("h");
    REQUIRE(ids(taken) == Ids{"h:t/" + std::to_string(i)});
    queue.settle(taken[0], DeliveryStatus::delivered);
  }
}

}  // namespace factory::test
