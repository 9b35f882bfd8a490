#include <nlohmann/json.hpp>

#include "common/digest.hpp"
#include "common/text.hpp"
#include "effects/channel.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/tiny_server.hpp"

namespace factory::test {
namespace {

using effects::Message;
using engine::Attempt;
using nlohmann::json;

/// Keeps what it was sent and answers as it is told.
struct Receiver {
  std::mutex mutex;
  std::vector<std::string> requests;
  std::string answer = "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n";
  TinyServer server{[this](const std::string& request) {
    const std::lock_guard lock(mutex);
    requests.push_back(request);
    return answer;
  }};

  void answers(const std::string& status, const std::string& headers = "") {
    const std::lock_guard lock(mutex);
    answer = "HTTP/1.1 " + status + "\r\n" + headers + "Content-Length: 0\r\n\r\n";
  }
  std::string body(std::size_t i = 0) {
    const std::lock_guard lock(mutex);
    return requests.at(i).substr(requests.at(i).find("\r\n\r\n") + 4);
  }
  std::string header(const std::string& name, std::size_t i = 0) {
    const std::lock_guard lock(mutex);
    const std::string& request = requests.at(i);
    const std::size_t at = request.find("\r\n" + name + ": ");
    if (at == std::string::npos) return "";
    const std::size_t from = at + name.size() + 4;
    return request.substr(from, request.find("\r\n", from) - from);
  }
  std::size_t count() {
    const std::lock_guard lock(mutex);
    return requests.size();
  }
};

Message message() {
  Message made;
  made.id = "eff_1";
  made.type = "task.reminded";
  made.title = "Approval required: mail-server";
  made.text = "It sends mail.";
  made.url = "https://factory.example/v1/tasks/task_1";
  made.severity = Urgency::warning;
  made.people = {"ada", "bob"};
  made.fields = {{"Pipeline", "mail-server"}, {"Stage", "review"}};
  made.at = *parse_time("2026-11-20T06:00:00Z");
  made.deadline = *parse_time("2026-11-21T06:00:00Z");
  made.data = R"({"id":"task_1"})";
  return made;
}

struct Bench {
  Receiver receiver;
  HttpClient client;
  FakeClock clock;
  effects::ChannelParts parts{client, clock};
};

std::unique_ptr<effects::Channel> discord(Bench& bench) {
  return effects::discord_channel(
      {bench.receiver.server.url("/usual"), bench.receiver.server.url("/alerts"), "Factory"},
      bench.parts);
}

/// What Discord's documentation allows of a webhook's payload.
void check_payload(const json& payload) {
  CHECK(code_points(payload.value("content", "")) <= 2000);
  REQUIRE(payload.at("embeds").size() >= 1);
  CHECK(payload.at("embeds").size() <= 10);
  std::size_t total = 0;
  const auto part = [&](const json& holder, const char* name, std::size_t most) {
    const std::size_t size = code_points(holder.value(name, ""));
    CHECK(size <= most);
    total += size;
  };
  for (const json& embed : payload.at("embeds")) {
    part(embed, "title", 256);
    part(embed, "description", 4096);
    const json fields = embed.value("fields", json::array());
    CHECK(fields.size() <= 25);
    for (const json& field : fields) {
      CHECK_FALSE(field.at("name").get<std::string>().empty());
      CHECK_FALSE(field.at("value").get<std::string>().empty());
      part(field, "name", 256);
      part(field, "value", 1024);
    }
    CHECK(embed.value("color", -1) >= 0);
    CHECK(embed.value("color", -1) <= 0xFFFFFF);
  }
  CHECK(total <= 6000);
  for (const json& word : payload.at("allowed_mentions").at("parse")) CHECK(word == "everyone");
  CHECK(payload.at("allowed_mentions").value("users", json::array()).size() <= 100);
}

TEST_CASE("discord: an embed says what waits, where and until when", "[channels]") {
  Bench bench;
  Message sent = message();
  sent.mention = Mention::here;
  sent.discord_ids = {"123"};
  CHECK(discord(bench)->send(sent, "", {}).outcome == Attempt::Outcome::done);
  const json payload = json::parse(bench.receiver.body());
  check_payload(payload);
  const json& embed = payload["embeds"][0];
  CHECK(embed["title"] == sent.title);
  CHECK(embed["url"] == sent.url);
  CHECK(embed["color"] == 0xFFA500);
  CHECK(embed["fields"][0]["value"] == "<t:1795240800:R>");
  CHECK(embed["fields"][1]["name"] == "Pipeline");
  CHECK(payload["content"] == "@here <@123>");
  CHECK(payload["allowed_mentions"] == json{{"parse", {"everyone"}}, {"users", {"123"}}});
  CHECK(payload["username"] == "Factory");
}

TEST_CASE("discord: whatever is told stays within the documented limits", "[channels]") {
  Bench bench;
  Message sent = message();
  sent.title = std::string(300, 'x');
  sent.text.clear();
  for (int i = 0; i < 3000; ++i) sent.text += "ü@everyone ";
  sent.fields.clear();
  for (int i = 0; i < 40; ++i) {
    sent.fields.emplace_back(std::string(400, 'n'), std::string(5000, 'v'));
  }
  sent.mention = Mention::everyone;
  for (int i = 0; i < 300; ++i) sent.discord_ids.push_back("1234567890123456789");
  CHECK(discord(bench)->send(sent, "", {}).outcome == Attempt::Outcome::done);
  const json payload = json::parse(bench.receiver.body());
  check_payload(payload);
  CHECK(payload["embeds"][0]["description"].get<std::string>().find("@everyone") ==
        std::string::npos);
}

TEST_CASE("discord: nobody is called whom nobody meant to call", "[channels]") {
  Bench bench;
  Message sent = message();
  sent.title = "@everyone <@123>";
  CHECK(discord(bench)->send(sent, "", {}).outcome == Attempt::Outcome::done);
  const json payload = json::parse(bench.receiver.body());
  CHECK_FALSE(payload.contains("content"));
  CHECK(payload["allowed_mentions"] == json{{"parse", json::array()}});
}

TEST_CASE("discord: what is urgent goes to the channel of alerts", "[channels]") {
  Bench bench;
  Message sent = message();
  const auto channel = discord(bench);
  channel->send(sent, "", {});
  sent.severity = Urgency::critical;
  channel->send(sent, "", {});
  CHECK(bench.receiver.requests.at(0).starts_with("POST /usual "));
  CHECK(bench.receiver.requests.at(1).starts_with("POST /alerts "));
}

TEST_CASE("discord: 429 is waited out, and nothing is sent meanwhile", "[channels]") {
  Bench bench;
  const auto channel = discord(bench);
  bench.receiver.answers("429 Too Many Requests",
                         "Retry-After: 2\r\nX-RateLimit-Reset-After: 2.750\r\n"
                         "X-RateLimit-Remaining: 0\r\n");
  Attempt attempt = channel->send(message(), "", {});
  CHECK(attempt.outcome == Attempt::Outcome::retry);
  CHECK(attempt.after == Millis{2750});
  CHECK_THAT(attempt.error, contains("429"));
  bench.receiver.answers("204 No Content");
  attempt = channel->send(message(), "", {});
  CHECK(attempt.outcome == Attempt::Outcome::later);
  CHECK(attempt.after == Millis{2750});
  CHECK(bench.receiver.count() == 1);
  bench.clock.advance(Millis{2750});
  CHECK(channel->send(message(), "", {}).outcome == Attempt::Outcome::done);
}

TEST_CASE("discord: a bucket that is spent is left alone until it fills again", "[channels]") {
  Bench bench;
  const auto channel = discord(bench);
  bench.receiver.answers("204 No Content",
                         "X-RateLimit-Remaining: 0\r\nX-RateLimit-Reset-After: 1.5\r\n");
  CHECK(channel->send(message(), "", {}).outcome == Attempt::Outcome::done);
  CHECK(channel->send(message(), "", {}).after == Millis{1500});
  CHECK(bench.receiver.count() == 1);
}

TEST_CASE("channels: a place that is gone is given up, a failing one tried again", "[channels]") {
  const std::vector<std::pair<std::string, Attempt::Outcome>> cases{
      {"404 Not Found", Attempt::Outcome::give_up},
      {"401 Unauthorized", Attempt::Outcome::give_up},
      {"410 Gone", Attempt::Outcome::give_up},
      {"400 Bad Request", Attempt::Outcome::give_up},
      {"408 Request Timeout", Attempt::Outcome::retry},
      {"500 Internal Server Error", Attempt::Outcome::retry},
      {"302 Found", Attempt::Outcome::give_up},
      {"200 OK", Attempt::Outcome::done},
  };
  Bench bench;
  const auto slack = effects::slack_channel({bench.receiver.server.url("/secret")}, bench.parts);
  for (const auto& [status, outcome] : cases) {
    INFO(status);
    bench.receiver.answers(status);
    const Attempt attempt = slack->send(message(), "", {});
    CHECK(attempt.outcome == outcome);
    CHECK(attempt.error.find("secret") == std::string::npos);
  }
  bench.receiver.answers("503 Service Unavailable", "Retry-After: 90\r\n");
  CHECK(slack->send(message(), "", {}).after == Millis{90'000});
  bench.receiver.answers("503 Service Unavailable", "Retry-After: soon\r\n");
  CHECK_FALSE(slack->send(message(), "", {}).after);
}

TEST_CASE("slack: marks of others are no marks", "[channels]") {
  Bench bench;
  const auto slack = effects::slack_channel({bench.receiver.server.url()}, bench.parts);
  Message sent = message();
  sent.title = "<!channel> & co";
  sent.mention = Mention::here;
  slack->send(sent, "", {});
  const std::string text = json::parse(bench.receiver.body())["text"];
  CHECK(text.starts_with("<!here> *&lt;!channel&gt; &amp; co*"));
  CHECK_THAT(text, contains("<https://factory.example/v1/tasks/task_1>"));
}

TEST_CASE("webhook: it is signed over id, time and body", "[channels]") {
  Bench bench;
  const std::string key = "a key of twenty-four bytes";
  const auto hook = effects::webhook_channel({bench.receiver.server.url(), key}, bench.parts);
  CHECK(hook->send(message(), "", {}).outcome == Attempt::Outcome::done);
  const std::string seconds = std::to_string(to_millis(bench.clock.now()) / 1000);
  CHECK(bench.receiver.header("webhook-id") == "eff_1");
  CHECK(bench.receiver.header("webhook-timestamp") == seconds);
  const Hash hash = hmac_sha256(key, "eff_1." + seconds + "." + bench.receiver.body());
  CHECK(bench.receiver.header("webhook-signature") ==
        "v1," + base64({reinterpret_cast<const char*>(hash.data()), hash.size()}));
  const json body = json::parse(bench.receiver.body());
  CHECK(body["type"] == "task.reminded");
  CHECK(body["data"]["subject"]["id"] == "task_1");
}

TEST_CASE("provider: what is put in stays what it is", "[channels]") {
  Bench bench;
  Message sent = message();
  sent.title = "a \"b\" {to} & c\n";
  sent.text.clear();
  SECTION("in a form") {
    const auto sms = effects::provider_channel(
        "sms",
        {bench.receiver.server.url(), {{"Authorization", "Basic x"}}, "To={to}&Body={title}", true},
        bench.parts);
    CHECK(sms->send(sent, "+4930123456", {}).outcome == Attempt::Outcome::done);
    CHECK(bench.receiver.body() == "To=%2B4930123456&Body=a%20%22b%22%20%7Bto%7D%20%26%20c%0A");
    CHECK(bench.receiver.header("Authorization") == "Basic x");
    CHECK(bench.receiver.header("Content-Type") == "application/x-www-form-urlencoded");
  }
  SECTION("in JSON") {
    const auto sms = effects::provider_channel(
        "sms", {bench.receiver.server.url(), {}, R"({"to":"{to}","message":"{title}"})", false},
        bench.parts);
    CHECK(sms->send(sent, "+4930123456", {}).outcome == Attempt::Outcome::done);
    CHECK(json::parse(bench.receiver.body()) ==
          json{{"to", "+4930123456"}, {"message", sent.title}});
  }
  CHECK(bench.receiver.header("Idempotency-Key") == "eff_1");
}

}  // namespace
}  // namespace factory::test
