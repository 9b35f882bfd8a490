// Deliveries to a real receiver: one that is well, and one in every kind of trouble.
#include <algorithm>
#include <set>

#include "common/standard_webhooks.hpp"
#include "tests/http/post_office.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {
namespace {

using nlohmann::json;
using Texts = std::vector<std::string>;

/// Whether somebody with this secret takes the request.
bool verifies(const Got& got, const std::string& secret) {
  const auto key = standard_webhooks::key_of(secret);
  const Time at = from_millis(std::stoll(got.headers.at("webhook-timestamp")) * 1000);
  const std::string right = standard_webhooks::signatures({key.value()}, got.id, at, got.body);
  const std::string signatures = " " + got.headers.at("webhook-signature") + " ";
  return signatures.find(" " + right + " ") != std::string::npos;
}

/// Each place once, in the order of the first time that it came.
Texts first_times(const Texts& places) {
  Texts first;
  for (const std::string& place : places) {
    if (std::find(first.begin(), first.end(), place) == first.end()) first.push_back(place);
  }
  return first;
}

/// How many different ids came for how many different events.
std::pair<std::size_t, std::size_t> ids_and_events(const std::vector<Got>& got) {
  std::set<std::string> ids;
  std::set<std::string> events;
  std::set<std::string> pairs;
  for (const Got& one : got) {
    ids.insert(one.id);
    events.insert(one.place());
    pairs.insert(one.id + one.place());
  }
  return {ids.size(), pairs.size() == ids.size() ? events.size() : 0};
}

}  // namespace

TEST_CASE("an event is sent once, signed, as a CloudEvent", "[webhook]") {
  PostOffice office;
  Inbox inbox;
  office.group("before");
  const json hook = office.webhook(inbox);
  office.group("a");
  office.run();
  office.run();
  REQUIRE(inbox.places() == Texts{office.entity("a") + " 1"});
  const Got got = inbox.got().front();
  CHECK(got.headers.at("content-type") == "application/cloudevents+json; charset=utf-8");
  CHECK(got.event().at("type") == "group.created");
  CHECK(got.event().at("data").at("actor").at("id") == "owner");
  CHECK(got.event().at("data").at("event").at("name") == "a");
  CHECK(verifies(got, hook.at("secret")));
  CHECK_FALSE(verifies(got, standard_webhooks::new_secret()));
  const json log = office.deliveries(hook);
  REQUIRE(log.size() == 1);
  CHECK(log[0].at("status") == "delivered");
  CHECK(log[0].at("id") == got.id);
  CHECK(log[0].at("last_status") == 200);
}

TEST_CASE("a restart sends nothing again and loses nothing", "[webhook]") {
  PostOffice office;
  Inbox inbox;
  office.webhook(inbox);
  office.group("a");
  office.run();
  office.group("b");  // not looked at before the restart
  office.site.start();
  office.run();
  CHECK(inbox.places() == Texts{office.entity("a") + " 1", office.entity("b") + " 1"});
}

TEST_CASE("a failing receiver gets the same id again, in order for each entity", "[webhook]") {
  PostOffice office;
  Inbox inbox;
  const json hook = office.webhook(inbox);
  office.group("a");
  office.change("a");
  office.group("b");
  const std::string a = office.entity("a");
  const std::string b = office.entity("b");
  inbox.answer([&](const Got& got) {
    return got.place() == a + " 1" ? "HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\nno" : ok("");
  });
  office.run();
  CHECK(first_times(inbox.places()) == Texts{a + " 1", b + " 1"});  // not "a 2", which is later
  json log = office.deliveries(hook, "&status=pending");
  REQUIRE(log.size() == 2);
  CHECK(log[1].at("error") == "The receiver answered 500.");
  CHECK(log[1].contains("next_attempt_at"));
  office.run_for(one_hour);
  CHECK(inbox.got().size() > 3);
  inbox.answer(200);
  office.run_for(24 * one_hour);
  CHECK(first_times(inbox.places()) == Texts{a + " 1", b + " 1", a + " 2"});
  CHECK(inbox.places().back() == a + " 2");
  CHECK(ids_and_events(inbox.got()) == std::pair<std::size_t, std::size_t>{3, 3});
  CHECK(office.deliveries(hook, "&status=delivered").size() == 3);
}

TEST_CASE("the log tells what was sent and answered, and no signature", "[webhook]") {
  PostOffice office;
  Inbox inbox;
  inbox.answer([](const Got&) {
    return "HTTP/1.1 400 No\r\nContent-Length: 6000\r\nX-Why: \xff\r\nSet-Cookie: theirs\r\n\r\n" +
           std::string(5998, 'n') + "\xc3\x28";
  });
  const json hook = office.webhook(inbox);
  office.group("a");
  office.run();
  const std::string id = office.deliveries(hook).at(0).at("id");
  const json one = office.site.owner("GET /v1/webhooks/" + hook.at("id").get<std::string>() +
                                     "/deliveries/" + id);
  CHECK(one.at("request_body") == inbox.got().at(0).body);
  const json attempt = one.at("attempt_log").at(0);
  CHECK(attempt.at("request_headers").at("webhook-id") == id);
  CHECK(attempt.at("status") == 400);
  CHECK(attempt.at("response_body").get<std::string>().size() == 2048);
  CHECK_FALSE(attempt.at("response_headers").contains("set-cookie"));
  CHECK(attempt.at("duration_ms") >= 0);
  const std::string signature = inbox.got().at(0).headers.at("webhook-signature");
  CHECK(one.dump().find(signature.substr(3)) == std::string::npos);
}

TEST_CASE("a redirection is a failure and is not followed", "[webhook]") {
  PostOffice office;
  Inbox inbox;
  Inbox elsewhere;
  inbox.answer(302, "Location: " + elsewhere.url() + "\r\n");
  const json hook = office.webhook(inbox);
  office.group("a");
  office.run();
  CHECK(inbox.got().size() >= 1);
  CHECK(elsewhere.got().empty());
  CHECK_THAT(office.deliveries(hook).at(0).at("error").get<std::string>(),
             contains("not followed"));
}

TEST_CASE("410 disables a webhook until somebody enables it", "[webhook]") {
  PostOffice office;
  Inbox inbox;
  inbox.answer(410);
  const json hook = office.webhook(inbox);
  office.group("a");
  office.group("b");
  office.run();
  json doc = office.get(hook);
  CHECK(doc.at("status") == "disabled");
  CHECK(doc.at("disabled_cause") == "gone");
  CHECK(inbox.got().size() == 1);
  const json told = office.site.owner("GET /v1/notifications").at("notifications");
  REQUIRE(told.size() == 1);
  CHECK(told[0].at("type") == "webhook_disabled");
  CHECK(told[0].at("entity_id") == hook.at("id"));
  inbox.answer(200);
  inbox.clear();
  office.group("c");  // while it is disabled nothing is queued
  office.run_for(48 * one_hour);
  CHECK(inbox.got().empty());
  office.post(hook, "enable");
  office.run();
  // What waited goes on; what was refused is a dead letter, and what was missed is in the log.
  CHECK(inbox.places() == Texts{office.entity("b") + " 1"});
  office.post(hook, "replay", {{"from_position", 1}});
  office.run();
  CHECK(inbox.places() == Texts{office.entity("b") + " 1", office.entity("a") + " 1",
                                office.entity("b") + " 1", office.entity("c") + " 1"});
  CHECK(ids_and_events(inbox.got()) == std::pair<std::size_t, std::size_t>{3, 3});
}

TEST_CASE("an address that is not public is not connected to, whatever was registered",
          "[webhook]") {
  PostOffice office;
  Inbox inbox;
  const json hook = office.webhook(inbox);
  office.allowed = {"10.0.0.0/8"};
  office.site.start();
  office.group("a");
  office.run();
  CHECK(inbox.server().connections() == 0);
  const json one = office.deliveries(hook).at(0);
  CHECK(one.at("status") == "pending");
  CHECK_THAT(one.at("error").get<std::string>(), contains("must not be called"));
  CHECK(office.site
            .call("POST /v1/webhooks", office.site.owner_token(),
                  {{"url", inbox.url()}, {"events", {"*"}}})
            .status == 422);
}

TEST_CASE("a receiver that is away for two days gets everything, in order", "[webhook]") {
  PostOffice office;
  Inbox inbox;
  const json hook = office.webhook(inbox);
  inbox.answer(503);
  Texts expected;
  for (const char* name : {"a", "b", "c"}) office.group(name);
  for (int hour = 0; hour < 48; ++hour) {
    if (hour % 8 == 0) {
      for (const char* name : {"a", "b", "c"}) office.change(name);
    }
    if (hour == 20) office.site.start();
    office.run_for(one_hour);
  }
  CHECK(office.get(hook).contains("failing_since"));
  CHECK(office.get(hook).at("status") == "enabled");
  CHECK(office.deliveries(hook, "&status=dead").empty());
  inbox.answer(200);
  office.run_for(48 * one_hour);
  std::map<std::string, Texts> by_entity;
  for (const std::string& place : inbox.places()) {
    Texts& places = by_entity[place.substr(0, place.find(' '))];
    if (places.empty() || places.back() != place) places.push_back(place);
  }
  CHECK(by_entity.size() == 3);
  for (const char* name : {"a", "b", "c"}) {
    const std::string entity = office.entity(name);
    Texts right;
    for (int version = 1; version <= 7; ++version) {
      right.push_back(entity + " " + std::to_string(version));
    }
    CHECK(by_entity[entity] == right);  // never back to an earlier one
  }
  CHECK(ids_and_events(inbox.got()) == std::pair<std::size_t, std::size_t>{21, 21});
  CHECK(office.deliveries(hook, "&status=delivered").size() == 21);
  CHECK_FALSE(office.get(hook).contains("failing_since"));
}

TEST_CASE("what cannot be delivered is a dead letter, and replayed under its id", "[webhook]") {
  PostOffice office;
  Inbox inbox;
  inbox.answer(500);
  const json hook = office.webhook(inbox);
  office.group("a");
  office.run_for(110 * one_hour);
  REQUIRE(office.deliveries(hook, "&status=dead").size() == 1);
  const std::size_t attempts = inbox.got().size();
  CHECK(attempts >= 8);
  CHECK(attempts <= 40);
  office.change("a");  // the next one of the entity goes on
  office.run();
  CHECK(inbox.places().back() == office.entity("a") + " 2");
  inbox.answer(200);
  inbox.clear();
  CHECK(office.post(hook, "replay", {{"status", "dead"}}).is_object());
  office.run_for(one_hour);
  CHECK(inbox.places().at(0) == office.entity("a") + " 1");
  CHECK(office.deliveries(hook, "&status=dead").empty());
}

TEST_CASE("a webhook that fails for five days is disabled, and says since when", "[webhook]") {
  PostOffice office;
  Inbox inbox;
  inbox.answer(500);
  const json hook = office.webhook(inbox, {"group.*"});
  for (int day = 0; day < 7 && office.get(hook).at("enabled"); ++day) {
    office.group("g" + std::to_string(day));
    office.run_for(24 * one_hour);
  }
  const json doc = office.get(hook);
  CHECK(doc.at("status") == "disabled");
  CHECK(doc.at("disabled_cause") == "failing");
  CHECK_THAT(doc.at("disabled_reason").get<std::string>(), contains("since 2026-11-20"));
  inbox.clear();
  office.run_for(48 * one_hour);
  CHECK(inbox.got().empty());
  inbox.answer(200);
  office.post(hook, "enable");
  office.run_for(one_hour);
  CHECK_FALSE(inbox.got().empty());
  CHECK_FALSE(office.get(hook).contains("failing_since"));
}

TEST_CASE("a receiver that asks for time gets it", "[webhook]") {
  PostOffice office;
  Inbox inbox;
  inbox.answer(429, "Retry-After: 7200\r\n");
  office.webhook(inbox);
  office.group("a");
  office.group("b");
  office.run();
  CHECK(inbox.got().size() == 1);
  office.run_for(2 * one_hour - Millis{600'000});
  CHECK(inbox.got().size() == 1);
  inbox.answer(200);
  office.run_for(Millis{1'200'000});
  CHECK(inbox.got().size() == 3);
}

TEST_CASE("during a rotation both secrets verify, and then the new one alone", "[webhook]") {
  PostOffice office;
  Inbox inbox;
  const json hook = office.webhook(inbox);
  const std::string old_secret = hook.at("secret");
  const std::string new_secret = office.post(hook, "rotate", {{"overlap_hours", 2}}).at("secret");
  office.group("a");
  office.run();
  CHECK(verifies(inbox.got().at(0), old_secret));
  CHECK(verifies(inbox.got().at(0), new_secret));
  office.site.clock->advance(2 * one_hour);
  office.group("b");
  office.run();
  CHECK_FALSE(verifies(inbox.got().at(1), old_secret));
  CHECK(verifies(inbox.got().at(1), new_secret));
}

TEST_CASE("a receiver that hangs holds up no other", "[webhook]") {
  PostOffice office({"127.0.0.1"}, 4);
  Inbox hanging;
  Inbox well;
  hanging.answer([](const Got&) { return TinyServer::hang; });
  office.webhook(hanging);
  office.webhook(well);
  for (int i = 0; i < 30; ++i) office.group("g" + std::to_string(i));
  well.wait_for(30);
  CHECK(well.got().size() == 30);
  CHECK(hanging.got().size() <= 12);  // at most three at once, for a second each
}

TEST_CASE("workers send side by side and keep the order of an entity", "[webhook]") {
  PostOffice office({"127.0.0.1"}, 8);
  Inbox first;
  Inbox second;
  office.webhook(first);
  office.webhook(second);
  const Texts names{"a", "b", "c", "d", "e"};
  for (const std::string& name : names) office.group(name);
  for (int i = 0; i < 10; ++i) {
    for (const std::string& name : names) office.change(name);
  }
  for (Inbox* const inbox : {&first, &second}) {
    inbox->wait_for(55);
    std::map<std::string, int> last;
    for (const std::string& place : inbox->places()) {
      const std::size_t blank = place.find(' ');
      int& version = last[place.substr(0, blank)];
      CHECK(std::stoi(place.substr(blank + 1)) == ++version);
    }
    CHECK(last.size() == 5);
  }
}

}  // namespace factory::test
