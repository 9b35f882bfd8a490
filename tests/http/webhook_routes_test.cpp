#include <set>

#include "common/catalog.hpp"
#include "common/standard_webhooks.hpp"
#include "tests/http/post_office.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {
namespace {

using nlohmann::json;

const json wanted{{"url", "https://example.com/hook"}, {"events", {"task.*"}}};

std::string path(const json& webhook) {
  return "/v1/webhooks/" + webhook.at("id").get<std::string>();
}

}  // namespace

TEST_CASE("a secret that is made is shown once and stored nowhere in clear", "[webhook]") {
  PostOffice office;
  Site& site = office.site;
  const std::string field = "Idempotency-Key: once\r\n";
  const Reply made = site.call("POST /v1/webhooks", site.owner_token(), wanted, field);
  REQUIRE(made.status == 201);
  const std::string secret = made.body.at("secret");
  CHECK(standard_webhooks::key_of(secret));
  const Reply again = site.call("POST /v1/webhooks", site.owner_token(), wanted, field);
  CHECK(again.status == 201);
  CHECK(again.body.at("id") == made.body.at("id"));
  CHECK_FALSE(again.body.contains("secret"));
  CHECK_FALSE(site.owner("GET " + path(made.body)).contains("secret"));
  const std::string inside = secret.substr(6, 30);
  for (const auto& event : site.core().store().load(made.body.at("id"))) {
    CHECK(event.body.find(inside) == std::string::npos);
  }
  const json trail = site.owner("GET /v1/audit?entity_id=" + made.body.at("id").get<std::string>());
  CHECK(trail.at("entries").size() == 1);
  CHECK(trail.dump().find("sealed_secret") == std::string::npos);
  CHECK(site.core().store().find_request("owner", "once")->answer.find(inside) ==
        std::string::npos);
}

TEST_CASE("a secret of one's own is taken and never shown", "[webhook]") {
  PostOffice office;
  json body = wanted;
  body["secret"] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  const json made = office.site.owner("POST /v1/webhooks", body);
  CHECK_FALSE(made.contains("secret"));
  body["secret"] = "whsec_c2hvcnQ=";
  const Reply refused = office.site.call("POST /v1/webhooks", office.site.owner_token(), body);
  CHECK(refused.status == 400);
  CHECK(refused.body.dump().find("c2hvcnQ") == std::string::npos);
}

TEST_CASE("webhooks are listed, changed and deleted", "[webhook]") {
  PostOffice office;
  Site& site = office.site;
  const json hook = site.owner("POST /v1/webhooks", wanted);
  json off = wanted;
  off["enabled"] = false;
  const json other = site.owner("POST /v1/webhooks", off);
  CHECK(other.at("status") == "disabled");
  CHECK(site.owner("GET /v1/webhooks").at("webhooks").size() == 2);
  CHECK(site.owner("GET /v1/webhooks?status=disabled").at("webhooks").at(0).at("id") ==
        other.at("id"));
  const json changed =
      site.owner("PATCH " + path(hook),
                 {{"url", "https://example.com/new"}, {"events", {"*"}}, {"enabled", false}});
  CHECK(changed.at("url") == "https://example.com/new");
  CHECK(changed.at("events") == json{"*"});
  CHECK(changed.at("enabled") == false);
  CHECK(site.owner("POST " + path(hook) + "/enable").at("enabled") == true);
  const json stopped = site.owner("POST " + path(hook) + "/disable", {{"reason", "It moves."}});
  CHECK(stopped.at("disabled_reason") == "It moves.");
  CHECK(stopped.at("disabled_cause") == "requested");
  const std::string token = site.owner_token();
  for (const json& bad : {json{{"url", "http://10.0.0.1/"}}, json{{"events", {"task.made"}}}}) {
    CHECK(site.call("PATCH " + path(hook), token, bad).status == 422);
  }
  CHECK(site.call("PATCH " + path(hook), token, {{"description", "x"}}, "If-Match: \"1\"\r\n")
            .status == 412);
  CHECK(site.owner("DELETE " + path(hook)).at("status") == "deleted");
  for (const char* line : {"GET ", "DELETE "}) {
    CHECK(site.call(line + path(hook), token).status == 404);
  }
  CHECK(site.call("GET " + path(hook) + "/deliveries", token).status == 404);
  CHECK(site.owner("GET /v1/webhooks").at("webhooks").size() == 1);
}

TEST_CASE("the event types are those of the catalog", "[webhook]") {
  PostOffice office;
  const json listed = office.site.owner("GET /v1/webhooks/events").at("events");
  std::set<std::string> types;
  for (const json& event : listed) {
    types.insert(event.at("type").get<std::string>());
    CHECK_FALSE(event.at("summary").get<std::string>().empty());
  }
  std::set<std::string> known;
  for (const EmbeddedFile& file : embedded_schemas()) {
    if (!file.path.starts_with("events/")) continue;
    known.insert(std::string(file.path.substr(7, file.path.size() - 12)));
  }
  CHECK(types == known);
  CHECK(types.count("webhook.disabled") == 1);
}

TEST_CASE("a ping is sent at once, and with one Idempotency-Key once", "[webhook]") {
  PostOffice office;
  Inbox inbox;
  const json hook = office.webhook(inbox, {"task.*"});
  const std::string field = "Idempotency-Key: ping\r\n";
  const std::string line = "POST " + path(hook) + "/test";
  const Reply first = office.site.call(line, office.site.owner_token(), nullptr, field);
  REQUIRE(first.status == 202);
  office.run();
  CHECK(office.site.call(line, office.site.owner_token(), nullptr, field).body.at("id") ==
        first.body.at("id"));
  office.run();
  REQUIRE(inbox.got().size() == 1);
  CHECK(inbox.got()[0].event().at("type") == "webhook.ping");
  CHECK(inbox.got()[0].event().at("subject") == hook.at("id"));
  office.post(hook, "test");
  office.run();
  CHECK(inbox.got().size() == 2);
  office.post(hook, "disable");
  CHECK(office.site.call(line, office.site.owner_token()).status == 409);
}

TEST_CASE("one delivery, or a range of the log, is replayed under the same ids", "[webhook]") {
  PostOffice office;
  Inbox inbox;
  office.group("early");
  const json hook = office.webhook(inbox);
  office.group("a");
  office.site.clock->advance(one_hour);
  const std::string later = format_time(office.site.clock->now());
  office.group("b");
  office.run();
  const auto before = inbox.got();
  REQUIRE(before.size() == 2);
  inbox.clear();
  office.post(hook, "deliveries/" + before[0].id + "/replay");
  office.run();
  REQUIRE(inbox.got().size() == 1);
  CHECK(inbox.got()[0].id == before[0].id);
  CHECK(inbox.got()[0].body == before[0].body);
  inbox.clear();
  CHECK(office.post(hook, "replay", {{"since", later}}).is_object());
  office.run();
  REQUIRE(inbox.got().size() == 1);
  CHECK(inbox.got()[0].id == before[1].id);
  const json one = office.deliveries(hook).at(0);
  CHECK(one.at("attempts") == 2);
  inbox.clear();
  // Also what happened before it was registered, if somebody wants that.
  const json all = office.site.owner("POST " + path(hook) + "/replay", {{"from_position", 1}});
  CHECK(all.at("replayed") == 3);
  CHECK(all.at("next_position") == nullptr);
  office.run();
  CHECK(inbox.got().size() == 3);
  const std::string token = office.site.owner_token();
  const std::string line = "POST " + path(hook) + "/replay";
  CHECK(office.site.call(line, token, {{"to_position", 5}}).status == 400);
  CHECK(office.site.call(line, token, {{"status", "dead"}, {"from_position", 5}}).status == 400);
}

TEST_CASE("what belongs to one webhook is not found under another", "[webhook]") {
  PostOffice office;
  Inbox inbox;
  const json hook = office.webhook(inbox);
  const json other = office.webhook(inbox, {"task.*"});
  office.group("a");
  office.run();
  const std::string id = office.deliveries(hook).at(0).at("id");
  CHECK(office.deliveries(other).empty());
  CHECK(office.site.call("GET " + path(other) + "/deliveries/" + id, office.site.owner_token())
            .status == 404);
  CHECK(office.site.call("GET " + path(hook) + "/deliveries?cursor=x", office.site.owner_token())
            .status == 400);
}

TEST_CASE("what waits for a deleted webhook goes with it", "[webhook]") {
  PostOffice office;
  Inbox inbox;
  inbox.answer(500);
  const json hook = office.webhook(inbox);
  office.group("a");
  office.run();
  office.site.owner("DELETE " + path(hook));
  inbox.clear();
  office.run_for(24 * one_hour);
  CHECK(inbox.got().empty());
}

TEST_CASE("there are a hundred webhooks at most", "[webhook]") {
  PostOffice office;
  for (int i = 0; i < 100; ++i) office.site.owner("POST /v1/webhooks", wanted);
  CHECK(office.site.call("POST /v1/webhooks", office.site.owner_token(), wanted).status == 409);
}

}  // namespace factory::test
