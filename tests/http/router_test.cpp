#include "http/router.hpp"

#include <nlohmann/json.hpp>

#include "http/head.hpp"
#include "tests/http/rig.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {
namespace {

using nlohmann::json;

class Fixture {
 public:
  RawAnswer get(const std::string& target, const std::string& fields = {}) {
    return client().call(request("GET " + target, fields.empty() ? rig.as(Role::owner) : fields));
  }
  RawAnswer create(const std::string& fields, const std::string& body = R"({"name":"a"})") {
    return client().call(
        request("POST /v1/things",
                rig.as(Role::owner) + "Content-Type: application/json\r\n" + fields, body));
  }
  RawClient& client() {
    if (!client_) client_.emplace(rig.serve());
    return *client_;
  }

  Rig rig;

 private:
  std::optional<RawClient> client_;
};

json body_of(const RawAnswer& answer) { return json::parse(answer.body); }

std::string pointer_of(const RawAnswer& answer) {
  return body_of(answer).at("errors").at(0).at("pointer").get<std::string>();
}

}  // namespace

TEST_CASE("a handler sees path, query and body as declared") {
  Fixture http;
  CHECK(body_of(http.get("/v1/things/a%2Fb%20c"))["path"]["thing_id"] == "a/b c");
  CHECK(body_of(http.get("/v1/things/stats"))["operation"] == "thing.stats");
  CHECK(body_of(http.get("/v1/things"))["query"] == json{{"limit", 20}});
  CHECK(body_of(http.get("/v1/things?limit=5&kind=a&kind=b"))["query"] ==
        (json{{"limit", 5}, {"kind", {"a", "b"}}}));
  CHECK(body_of(http.get("/v1/things?kind=a,b&cursor=x+y%26"))["query"]["cursor"] == "x y&");
  CHECK(body_of(http.create(""))["body"] == (json{{"name", "a"}, {"size", 7}}));
}

TEST_CASE("what a query may not be is named") {
  Fixture http;
  const auto wrong = [&](const std::string& query) {
    const RawAnswer answer = http.get("/v1/things?" + query);
    CHECK(answer.status == 400);
    return pointer_of(answer);
  };
  CHECK(wrong("limit=0") == "query/limit");
  CHECK(wrong("limit=many") == "query/limit");
  CHECK(wrong("limit=1&limit=2") == "query/limit");
  CHECK(wrong("kind=c").starts_with("query/kind"));
  CHECK(wrong("cursor=%ff") == "query/cursor");
  CHECK(wrong("cursor=%2") == "query/cursor");
  CHECK(wrong("limt=1") == "query/limt");
  CHECK_THAT(http.get("/v1/things?limt=1").body, contains("limit"));
  CHECK(http.get("/v1/things/1?x=1").status == 400);
  const RawAnswer path = http.get("/v1/things/" + std::string(41, 'a'));
  CHECK(path.status == 400);
  CHECK(pointer_of(path) == "path/thing_id");
  CHECK(pointer_of(http.get("/v1/things/%ff")) == "path/thing_id");
}

TEST_CASE("unknown paths and methods say what there is") {
  Fixture http;
  const auto hint = [&](const std::string& path) {
    const RawAnswer answer = http.get(path);
    CHECK(answer.status == 404);
    return body_of(answer)["hint"].get<std::string>();
  };
  CHECK_THAT(hint("/v1/thing"), contains("Did you mean /v1/things?"));
  CHECK_THAT(hint("/v1/things/"), contains("Did you mean /v1/things?"));
  CHECK_THAT(hint("/v1"), contains("things"));
  CHECK_THAT(hint("/v1/things/1/reports"), contains("/v1/things/{thing_id}/report"));
  const RawAnswer put = http.client().call(request("PUT /v1/things"));
  CHECK(put.status == 405);
  CHECK(put.header("allow") == "GET, HEAD, POST, OPTIONS");
  const RawAnswer odd = http.client().call(request("FROB /ping"));
  CHECK(odd.status == 405);
  CHECK(odd.header("allow") == "GET, HEAD, OPTIONS");
  const RawAnswer options = http.client().call(request("OPTIONS /v1/things/1"));
  CHECK(options.status == 200);
  CHECK(options.header("allow") == "DELETE, GET, HEAD, OPTIONS");
  CHECK(http.client().call(request("OPTIONS *")).status == 200);
  CHECK(http.client().call(request("GET http://elsewhere/ping")).status == 200);
}

TEST_CASE("a key is needed, and only a valid one opens") {
  Fixture http;
  const auto refused = [&](const std::string& fields) {
    const RawAnswer answer = http.get("/v1/things", fields);
    CHECK(answer.status == 401);
    CHECK(answer.header("www-authenticate") != "");
    json document = body_of(answer);
    document.erase("request_id");
    return document.dump();
  };
  refused("X-Nothing: 1\r\n");
  refused("Authorization: Basic YTpi\r\n");
  const std::string unknown = refused("Authorization: Bearer af_nobody_secret\r\n");
  CHECK(refused("Authorization: Bearer af_owner_wrong\r\n") == unknown);
  CHECK(refused("Authorization: Bearer nonsense\r\n") == unknown);
  http::Credential revoked = *http.rig.keys["key_owner"];
  revoked.revoked = true;
  http.rig.keys["key_owner"] = std::make_shared<const http::Credential>(revoked);
  CHECK(refused(http.rig.as(Role::owner)) == unknown);
  CHECK(http.rig.calls == 0);
  const std::string token = http.rig.as(Role::viewer).substr(22);
  CHECK(http.get("/v1/things", "X-API-Key: " + token).status == 200);
  CHECK(http.get("/ping", "X-Nothing: 1\r\n").status == 200);
}

TEST_CASE("a scope that is missing is named") {
  Fixture http;
  const RawAnswer answer = http.client().call(
      request("POST /v1/things", http.rig.as(Role::viewer) + "Content-Type: text/plain\r\n", "x"));
  CHECK(answer.status == 403);
  CHECK_THAT(body_of(answer)["detail"].get<std::string>(), contains("things:write"));
  CHECK(body_of(answer)["required_scope"] == "things:write");
  CHECK(http.get("/v1/things", http.rig.as(Role::agent)).status == 403);
  CHECK(http.rig.calls == 0);
}

TEST_CASE("the type of a body must be one that is taken") {
  Fixture http;
  const auto upload = [&](const std::string& type) {
    return http.client().call(
        request("POST /v1/things/1/report", http.rig.as(Role::owner) + type, "<a/>"));
  };
  CHECK(body_of(upload("Content-Type: application/xml; charset=UTF-8\r\n"))["content_type"] ==
        "application/xml");
  CHECK(upload("Content-Type: Application/XML\r\n").status == 200);
  CHECK(upload("Content-Type: application/xml; charset=latin1\r\n").status == 415);
  const RawAnswer none = upload("");
  CHECK(none.status == 415);
  CHECK(pointer_of(none) == "header/Content-Type");
  CHECK(upload("Content-Type: multipart/form-data; boundary=x\r\n").status == 415);
  CHECK(upload("Content-Type: application/json\r\n").status == 400);
}

TEST_CASE("If-Match and Idempotency-Key are read strictly") {
  Fixture http;
  CHECK(body_of(http.create("If-Match: \"12\"\r\n"))["if_match"] == 12);
  CHECK(body_of(http.create("If-Match: *\r\n")).count("if_match") == 0);
  CHECK(http.create("If-Match: W/\"12\"\r\n").status == 412);
  for (const std::string bad : {"12", "\"a\"", "\"1\", \"2\"", "\"\"", "\"-1\"", "\""}) {
    INFO(bad);
    const RawAnswer answer = http.create("If-Match: " + bad + "\r\n");
    CHECK(answer.status == 400);
    CHECK(pointer_of(answer) == "header/If-Match");
  }
  CHECK(body_of(http.create("Idempotency-Key: a%20b+c\r\n"))["idempotency_key"] == "a%20b+c");
  CHECK(body_of(http.create("Idempotency-Key: \"abc\"\r\n"))["idempotency_key"] == "abc");
  CHECK(http.create("Idempotency-Key: " + std::string(255, 'k') + "\r\n").status == 201);
  for (const std::string& bad :
       {std::string(256, 'k'), std::string("a b"), std::string("\"\""), std::string("k\xc3\xa4")}) {
    INFO(bad);
    CHECK(pointer_of(http.create("Idempotency-Key: " + bad + "\r\n")) == "header/Idempotency-Key");
  }
}

TEST_CASE("the fingerprint tells requests apart") {
  Fixture http;
  const auto print = [&](const std::string& body) {
    return body_of(http.create("Idempotency-Key: k\r\n", body))["fingerprint"].get<std::string>();
  };
  const std::string first = print(R"({"name":"a"})");
  CHECK(first.size() == 64);
  CHECK(print(R"({"name":"a"})") == first);
  CHECK(print(R"({"name":"b"})") != first);
}

TEST_CASE("every answer carries what it should") {
  Fixture http;
  const RawAnswer answer =
      http.get("/v1/things/1", http.rig.as(Role::owner) + "X-Request-Id: trace-1.a\r\n");
  CHECK(answer.header("x-request-id") == "trace-1.a");
  CHECK(answer.header("x-api-version") == "1");
  CHECK(answer.header("cache-control") == "no-store");
  CHECK(answer.header("x-content-type-options") == "nosniff");
  CHECK(answer.header("content-security-policy") == "default-src 'none'; frame-ancestors 'none'");
  CHECK(answer.header("x-frame-options") == "DENY");
  CHECK(answer.header("referrer-policy") == "no-referrer");
  CHECK(answer.header("permissions-policy") == "camera=(), geolocation=(), microphone=()");
  CHECK(answer.header("strict-transport-security").empty());
  CHECK(answer.header("ratelimit").empty());
  CHECK(answer.header("vary").empty());
  CHECK(answer.header("content-type") == "application/json");
  CHECK(answer.header("etag") == "\"3\"");
  CHECK(answer.header("date").size() == 29);
  const std::string own = http.get("/ping", "X-Request-Id: a b<\r\n").header("x-request-id");
  CHECK(own.starts_with("req_"));
  CHECK(http.get("/ping", "X-A: 1\r\n").header("x-request-id") != own);
}

TEST_CASE("a version alone does not say that an answer is the same, a tag of its bytes does") {
  Fixture http;
  const std::string owner = http.rig.as(Role::owner);
  CHECK(http.get("/v1/things/1", owner + "If-None-Match: \"3\"\r\n").status == 200);
  Fixture tagged;
  tagged.rig.handlers.bind("thing.list", [](const http::Request&) -> Result<http::Answer> {
    http::Answer answer;
    answer.body = "{}";
    answer.headers = {{"ETag", "\"bytes\""}};
    return answer;
  });
  const RawAnswer same =
      tagged.get("/v1/things", tagged.rig.as(Role::owner) + "If-None-Match: \"bytes\"\r\n");
  CHECK(same.status == 304);
  CHECK(same.header("content-length") == "2");
}

TEST_CASE("a page links to the next one with the same query") {
  Fixture http;
  http.rig.handlers.bind("thing.list", [](const http::Request&) -> Result<http::Answer> {
    http::Answer answer;
    answer.body = "{}";
    answer.next_cursor = "a/b=";
    answer.replayed = true;
    return answer;
  });
  const RawAnswer answer = http.get("/v1/things?cursor=old&limit=5");
  CHECK(answer.header("link") == "</v1/things?limit=5&cursor=a%2Fb%3D>; rel=\"next\"");
  CHECK(answer.header("idempotency-replayed") == "true");
}

TEST_CASE("an answer that is not as declared is found in tests") {
  Rig rig;
  rig.routes[0].response = json::parse(R"({"type":"object","required":["pang"]})");
  RawClient client(rig.serve());
  CHECK(client.call(request("GET /ping")).status == 500);
}

TEST_CASE("routes and handlers must match") {
  Rig rig;
  rig.handlers.bind("thing.extra", [](const http::Request&) { return http::Answer{}; });
  CHECK_THROWS_WITH(rig.router(), contains("thing.extra"));
  Rig less;
  less.routes.push_back(less.routes.front());
  less.routes.back().operation = "thing.more";
  CHECK_THROWS_WITH(less.router(), contains("thing.more"));
  Rig twice;
  twice.routes.push_back(twice.routes.front());
  CHECK_THROWS_WITH(twice.router(), contains("GET /ping"));
  Rig scope;
  scope.routes[1].scope = "things:admire";
  CHECK_THROWS_WITH(scope.router(), contains("things:admire"));
}

}  // namespace factory::test
