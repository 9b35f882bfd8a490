#include "http/edge.hpp"

#include <nlohmann/json.hpp>

#include "tests/http/rig.hpp"
#include "tests/support/catch.hpp"

/// Limits, origins and what browsers are told, as they are seen over the wire.
namespace factory::test {
namespace {

using http::RateClass;
using nlohmann::json;

constexpr const char* kStranger = "X-Forwarded-For: 203.0.113.7\r\n";
constexpr const char* kConsole = "Origin: https://console.example.com\r\n";

/// A server that takes this machine for a proxy, so that a test can come from anywhere.
struct Fixture {
  explicit Fixture(http::EdgeOptions edge = {}) {
    rig.edge = std::move(edge);
    rig.edge.trusted_proxies.emplace_back("127.0.0.1");
    url = rig.serve();
  }
  RawAnswer call(const std::string& line, const std::string& fields) const {
    return RawClient(url).call(request(line, fields));
  }
  [[nodiscard]] std::string owner() const { return kStranger + rig.as(Role::owner); }

  Rig rig;
  std::string url;
};

http::EdgeOptions limited(std::uint32_t standard, std::uint32_t login, std::uint32_t destructive) {
  http::EdgeOptions edge;
  edge.rates.of(RateClass::standard).requests = standard;
  edge.rates.of(RateClass::login).requests = login;
  edge.rates.of(RateClass::destructive).requests = destructive;
  return edge;
}

http::EdgeOptions shared() {
  http::EdgeOptions edge;
  edge.cors_origins = {"https://console.example.com", "http://localhost:5173"};
  return edge;
}

}  // namespace

TEST_CASE("a principal that calls too often is told how long to wait") {
  const Fixture http(limited(3, 0, 0));
  const RawAnswer first = http.call("GET /v1/things", http.owner());
  CHECK(first.status == 200);
  CHECK(first.header("ratelimit-policy") == R"("default";q=3;w=60)");
  CHECK(first.header("ratelimit") == R"("default";r=2;t=20)");
  CHECK(http.call("GET /v1/things", http.owner()).status == 200);
  CHECK(http.call("GET /v1/things", http.owner()).status == 200);
  const int before = http.rig.calls;
  const RawAnswer refused = http.call("GET /v1/things", http.owner());
  CHECK(refused.status == 429);
  CHECK(refused.header("content-type") == "application/problem+json");
  CHECK(refused.header("ratelimit").starts_with(R"("default";r=0;t=)"));
  const int wait = std::stoi(refused.header("retry-after"));
  CHECK(wait > 0);
  CHECK(wait <= 20);
  const json problem = json::parse(refused.body);
  CHECK(problem["code"] == "rate_limited");
  CHECK(problem["retryable"] == true);
  CHECK(problem["retry_after_seconds"] == std::to_string(wait));
  CHECK(http.rig.calls == before);
  // Another principal at the same address has a quota of its own, and so has an address.
  CHECK(http.call("GET /v1/things", kStranger + http.rig.as(Role::viewer)).status == 200);
  CHECK(http.call("GET /ping", kStranger).status == 200);
}

TEST_CASE("whoever has no key is counted by address, and so is a key that opens nothing") {
  const Fixture http(limited(2, 0, 0));
  const std::string wrong = "Authorization: Bearer af_owner_wrong\r\n";
  CHECK(http.call("GET /ping", kStranger).status == 200);
  CHECK(http.call("GET /v1/things", kStranger + wrong).status == 401);
  CHECK(http.call("GET /v1/things", kStranger + wrong).status == 429);
  CHECK(http.call("GET /ping", kStranger).status == 429);
  CHECK(http.call("GET /ping", "X-Forwarded-For: 203.0.113.8\r\n").status == 200);
  CHECK(http.call("GET /v1/things", http.owner()).status == 200);
}

TEST_CASE("what is not there counts, and so does a method that is not taken") {
  const Fixture http(limited(2, 0, 0));
  CHECK(http.call("GET /nowhere", kStranger).status == 404);
  CHECK(http.call("DELETE /ping", kStranger).status == 405);
  CHECK(http.call("OPTIONS /ping", kStranger).status == 200);
  CHECK(http.call("GET /nowhere", kStranger).status == 429);
}

TEST_CASE("of several fields of a proxy the last one counts, as in one list") {
  const Fixture http(limited(1, 0, 0));
  const std::string made_up = "X-Forwarded-For: 127.0.0.1\r\n";
  CHECK(http.call("GET /ping", made_up + kStranger).status == 200);
  CHECK(http.call("GET /ping", made_up + kStranger).status == 429);
  CHECK(
      http.call("GET /ping", "X-Forwarded-For: 203.0.113.9\r\n" + std::string(kStranger)).status ==
      429);
}

TEST_CASE("what takes something away has a smaller quota") {
  const Fixture http(limited(100, 0, 1));
  const RawAnswer dropped = http.call("DELETE /v1/things/1", http.owner());
  CHECK(dropped.status == 200);
  CHECK(dropped.header("ratelimit-policy") == R"("destructive";q=1;w=60)");
  CHECK(http.call("DELETE /v1/things/2", http.owner()).status == 429);
  CHECK(http.call("GET /v1/things", http.owner()).status == 200);
}

TEST_CASE("whoever calls from this machine is limited in logins only") {
  Rig rig;
  rig.edge = limited(1, 2, 1);
  rig.routes[0].rate = "login";
  RawClient client(rig.serve());
  for (int i = 0; i < 5; ++i) {
    const RawAnswer answer = client.call(request("GET /v1/things", rig.as(Role::owner)));
    CHECK(answer.status == 200);
    CHECK(answer.header("ratelimit").empty());
  }
  CHECK(client.call(request("GET /ping")).status == 200);
  CHECK(client.call(request("GET /ping")).status == 200);
  CHECK(client.call(request("GET /ping")).status == 429);
}

TEST_CASE("a rate that nobody knows stops the start") {
  Rig rig;
  rig.routes[0].rate = "often";
  CHECK_THROWS_WITH(rig.router(), contains("often"));
}

TEST_CASE("an origin of the list may call from a browser") {
  const Fixture http(shared());
  const RawAnswer preflight =
      http.call("OPTIONS /v1/things", std::string(kConsole) +
                                          "Access-Control-Request-Method: POST\r\n"
                                          "Access-Control-Request-Headers: authorization\r\n");
  CHECK(preflight.status == 200);
  CHECK(preflight.header("access-control-allow-origin") == "https://console.example.com");
  CHECK(preflight.header("access-control-allow-methods") == "GET, HEAD, POST, OPTIONS");
  CHECK_THAT(preflight.header("access-control-allow-headers"), contains("Authorization"));
  CHECK_THAT(preflight.header("access-control-allow-headers"), contains("Idempotency-Key"));
  CHECK(preflight.header("access-control-max-age") == "7200");
  CHECK_THAT(preflight.header("vary"), contains("Origin"));
  const RawAnswer answer = http.call("GET /v1/things", kConsole + http.owner());
  CHECK(answer.header("access-control-allow-origin") == "https://console.example.com");
  for (const char* const name : {"ETag", "Link", "RateLimit", "X-Request-Id", "Retry-After"}) {
    CHECK_THAT(answer.header("access-control-expose-headers"), contains(name));
  }
  CHECK(answer.header("vary") == "Origin");
  // A page reads why it was refused, too.
  const RawAnswer refused = http.call("GET /v1/things", kConsole);
  CHECK(refused.status == 401);
  CHECK(refused.header("access-control-allow-origin") == "https://console.example.com");
  CHECK(http.call("GET /ping", "Origin: http://localhost:5173\r\n")
            .header("access-control-allow-origin") == "http://localhost:5173");
}

TEST_CASE("other origins are told nothing") {
  const Fixture http(shared());
  for (const std::string origin :
       {"https://console.example.com.evil.net", "https://console.example.com:8443",
        "http://console.example.com", "https://CONSOLE.example.com", "null", "*"}) {
    INFO(origin);
    const std::string fields = "Origin: " + origin + "\r\n";
    for (const RawAnswer& answer :
         {http.call("GET /v1/things", fields + http.owner()),
          http.call("OPTIONS /v1/things", fields + "Access-Control-Request-Method: POST\r\n")}) {
      CHECK(answer.status == 200);
      CHECK(answer.header("access-control-allow-origin").empty());
      CHECK(answer.header("access-control-allow-methods").empty());
      CHECK(answer.header("access-control-allow-credentials").empty());
      CHECK_THAT(answer.header("vary"), contains("Origin"));
    }
  }
  const Fixture closed;
  const RawAnswer answer = closed.call("GET /v1/things", kConsole + closed.owner());
  CHECK(answer.header("access-control-allow-origin").empty());
  CHECK(answer.header("vary").empty());
}

TEST_CASE("the list takes exact origins only") {
  for (const char* const good : {"https://a.example", "http://localhost:5173", "http://[::1]:8080",
                                 "http://127.0.0.1:8080"}) {
    INFO(good);
    CHECK(http::check_origin(good).ok());
  }
  for (const char* const bad : {"*", "", "null", "a.example", "https://a.example/", "https://",
                                "https://A.example", "https://a.example:443", "http://a.example:80",
                                "https://*.example", "ftp://a.example", "https://a b"}) {
    INFO(bad);
    CHECK_FALSE(http::check_origin(bad).ok());
  }
}

TEST_CASE("an answer's own fields stand in place of the common ones") {
  Rig rig;
  rig.edge.https = true;
  rig.handlers.bind("thing.ping", [](const http::Request&) -> Result<http::Answer> {
    http::Answer answer;
    answer.body = "<p>";
    answer.content_type = "text/html";
    answer.headers = {{"content-security-policy", "default-src 'self'"},
                      {"Cache-Control", "max-age=60"}};
    return answer;
  });
  const RawAnswer answer = RawClient(rig.serve()).call(request("GET /ping"));
  CHECK(answer.header("content-security-policy") == "default-src 'self'");
  CHECK(answer.header("cache-control") == "max-age=60");
  CHECK(answer.header("x-frame-options") == "DENY");
  CHECK(answer.header("strict-transport-security") == "max-age=31536000");
}

}  // namespace factory::test
