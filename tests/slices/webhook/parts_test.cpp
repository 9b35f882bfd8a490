// Addresses, payloads and patience, each by itself.
#include <nlohmann/json.hpp>
#include <set>

#include "slices/webhook/attempt.hpp"
#include "slices/webhook/payload.hpp"
#include "slices/webhook/target.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {
namespace {

using namespace factory::webhook;
using nlohmann::json;

std::string code_of(const factory::Status& status) {
  return status ? "ok" : std::string(to_string(status.error().code));
}

const Time begin = *parse_time("2026-11-20T06:00:00.000Z");

}  // namespace

TEST_CASE("a webhook's address is public, or allowed, and holds no credentials", "[webhook]") {
  const AddressRanges none;
  CHECK(code_of(check_url("https://example.com/hook?x=1", none)) == "ok");
  CHECK(code_of(check_url("http://8.8.8.8/", none)) == "ok");
  for (const char* bad : {"ftp://example.com/", "example.com", "https://", "javascript:alert(1)",
                          "https://user:word@example.com/", "https://user@example.com/",
                          "https://example.com/#part", "http://exa mple.com/"}) {
    CAPTURE(bad);
    CHECK(code_of(check_url(bad, none)) == "invalid_request");
  }
  for (const char* inside : {"http://localhost/",
                             "http://api.localhost:8080/",
                             "http://127.0.0.1/",
                             "http://127.1/",
                             "http://2130706433/",
                             "http://0x7f000001/",
                             "http://0177.0.0.1/",
                             "http://10.1.2.3/",
                             "http://192.168.1.1/",
                             "http://172.31.0.1/",
                             "http://100.64.0.1/",
                             "http://169.254.169.254/",
                             "http://0.0.0.0/",
                             "http://[::1]/",
                             "http://[::]/",
                             "http://[fe80::1]/",
                             "http://[fd00::1]/",
                             "http://[::ffff:10.0.0.1]/",
                             "http://[64:ff9b::7f00:1]/",
                             "http://[2002:7f00:1::]/",
                             "http://[ff02::1]/",
                             "http://224.0.0.1/",
                             "http://255.255.255.255/"}) {
    CAPTURE(inside);
    CHECK(code_of(check_url(inside, none)) == "unprocessable");
  }
  const auto some = AddressRanges::read({"127.0.0.0/8", "fd00::/8"});
  REQUIRE(some);
  CHECK(code_of(check_url("http://localhost:9000/", *some)) == "ok");
  CHECK(code_of(check_url("http://[fd00::1]/", *some)) == "ok");
  CHECK(code_of(check_url("http://10.0.0.1/", *some)) == "unprocessable");
}

TEST_CASE("a webhook asks for types that there are, a kind of them, or all", "[webhook]") {
  const std::vector<EventType> known{{"task.created", "", 1}, {"task.sla_breached", "", 1}};
  CHECK(code_of(check_events({"task.created", "task.*", "*"}, known)) == "ok");
  for (const char* bad : {"task.made", "tasks.*", "task", ".*", "t*"}) {
    CAPTURE(bad);
    CHECK(code_of(check_events({"*", bad}, known)) == "unprocessable");
  }
  const auto near = check_events({"task.sla_breach"}, known);
  CHECK_THAT(near.error().hint, contains("task.sla_breached"));
  CHECK(near.error().fields.at(0).pointer == "/events/0");
}

TEST_CASE("an event is sent as a CloudEvent without what belongs to the house", "[webhook]") {
  storage::EventRecord event;
  event.position = 7;
  event.stream = "pipe_1";
  event.version = 3;
  event.type = "pipeline.evidence_added";
  event.at = begin;
  event.actor = "ada";
  event.body =
      json{{"actor", {{"type", "person"}, {"id", "ada"}, {"channel", "rest"}, {"key_id", "key_9"}}},
           {"ip", "192.0.2.7"},
           {"traceparent", "00-1-2-01"},
           {"data",
            {{"stage", "testing"},
             {"evidence", {{"log", "inside"}}},
             {"secret_hash", "hidden"},
             {"sealed_secret", "hidden"},
             {"text", std::string(5000, 'x')}}}}
          .dump();
  const storage::Parcel parcel = parcel_of(event, "https://factory.example");
  const json sent = json::parse(parcel.body);
  CHECK(sent.at("specversion") == "1.0");
  CHECK(sent.at("id") == parcel.id);
  CHECK(sent.at("source") == "https://factory.example");
  CHECK(sent.at("type") == "pipeline.evidence_added");
  CHECK(sent.at("subject") == "pipe_1");
  CHECK(sent.at("time") == "2026-11-20T06:00:00.000Z");
  CHECK(sent.at("datacontenttype") == "application/json");
  CHECK(sent.at("sequence") == "00000000000000000003");
  CHECK(sent.at("traceparent") == "00-1-2-01");
  CHECK(sent.at("data").at("actor") ==
        json{{"type", "person"}, {"id", "ada"}, {"channel", "rest"}});
  CHECK(sent.at("data").at("entity") == json{{"type", "pipeline"}, {"id", "pipe_1"}});
  CHECK(sent.at("data").at("version") == 3);
  CHECK(sent.at("data").at("event").at("stage") == "testing");
  for (const char* inside : {"hidden", "inside", "key_9", "192.0.2.7"}) {
    CHECK(parcel.body.find(inside) == std::string::npos);
  }
  CHECK(parcel.body.size() < 2500);
  CHECK(parcel_of(event, "https://factory.example").body == parcel.body);
}

TEST_CASE("a delivery has one id for its webhook and event", "[webhook]") {
  storage::EventRecord event;
  event.position = 1;
  event.stream = "task_1";
  event.body = "{}";
  event.type = "task.created";
  event.hash = sha256("one");
  const auto made = delivery_of("hook_1", parcel_of(event, "s"));
  CHECK(made.lane == "task_1");
  CHECK(made.id == delivery_of("hook_1", parcel_of(event, "s")).id);
  CHECK(made.id != delivery_of("hook_2", parcel_of(event, "s")).id);
  event.hash = sha256("two");
  CHECK(made.id != delivery_of("hook_1", parcel_of(event, "s")).id);
  const auto first = delivery_of("hook_1", ping("hook_1", "a", begin, "s"));
  CHECK(first.id == delivery_of("hook_1", ping("hook_1", "a", begin, "s")).id);
  CHECK(first.id != delivery_of("hook_1", ping("hook_1", "b", begin, "s")).id);
  CHECK(first.lane != "hook_1");
}

TEST_CASE("retries go on for three days, later and later, and then it is a dead letter",
          "[webhook]") {
  const Patience patience;
  Tried failed;
  for (const std::uint64_t seed : {0ULL, 1ULL, 77ULL, 123'456'789ULL}) {
    CAPTURE(seed);
    storage::Delivery delivery;
    delivery.first_attempt = begin;
    Time now = begin;
    Time last_before_two_days = begin;
    std::uint64_t random = seed;
    for (delivery.tries = 1; delivery.tries < 1000; ++delivery.tries) {
      random = random * 6'364'136'223'846'793'005ULL + 1'442'695'040'888'963'407ULL;
      const auto outcome = outcome_of(failed, delivery, now, patience, random >> 11U);
      if (outcome.status == storage::DeliveryStatus::dead) break;
      CHECK(outcome.due >= now);
      CHECK(outcome.due - now <= patience.longest_delay);
      if (delivery.tries == 1) CHECK(outcome.due - now <= patience.first_delay);
      now = outcome.due;
      if (now - begin < Millis{48 * 3'600'000LL}) last_before_two_days = now;
    }
    CHECK(now - begin >= patience.horizon);
    CHECK(delivery.tries >= patience.least_tries);
    CHECK(delivery.tries <= 40);
    // A receiver that comes back after two days is tried once more at least.
    CHECK(last_before_two_days + patience.longest_delay < begin + patience.horizon);
  }
}

TEST_CASE("the receiver says when to come again, within bounds", "[webhook]") {
  const Patience patience;
  storage::Delivery delivery;
  delivery.tries = 1;
  delivery.first_attempt = begin;
  Tried busy;
  busy.retry_after = Millis{3'600'000};
  const auto outcome = outcome_of(busy, delivery, begin, patience, 0);
  CHECK(outcome.due == begin + Millis{3'600'000});
  CHECK(outcome.hold_until == outcome.due);
  busy.retry_after = Millis{1000LL * 365 * 24 * 3'600'000};
  CHECK(outcome_of(busy, delivery, begin, patience, 0).due == begin + patience.longest_delay);
}

TEST_CASE("a webhook is given up after five days or many dead letters", "[webhook]") {
  const Patience patience;
  const Time now = begin + patience.failing_for;
  CHECK(given_up({std::nullopt, 0}, now, patience).empty());
  CHECK(given_up({begin + Millis{1}, 0}, now, patience).empty());
  CHECK_THAT(given_up({begin, 0}, now, patience), contains("2026-11-20T06:00"));
  CHECK(given_up({now, 19}, now, patience).empty());
  CHECK_THAT(given_up({now, 20}, now, patience), contains("20 deliveries"));
}

}  // namespace factory::test
