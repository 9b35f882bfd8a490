#include <nlohmann/json.hpp>

#include "tests/http/rig.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {
namespace {

using nlohmann::json;
using namespace std::string_literals;

constexpr std::string_view kJson = "Content-Type: application/json\r\n";

std::string post(const Rig& rig, std::string_view body, std::string_view more = {}) {
  return request("POST /v1/things", rig.as(Role::owner) + std::string(kJson) + std::string(more),
                 body);
}

/// What every problem document has; gives it parsed.
json problem(const RawAnswer& answer) {
  INFO(answer.body);
  CHECK(answer.header("content-type") == "application/problem+json");
  CHECK(answer.header("x-request-id") != "");
  const json document = json::parse(answer.body);
  CHECK(document.at("status") == answer.status);
  CHECK(document.at("type") == "/problems/" + document.at("code").get<std::string>());
  for (const char* member : {"title", "detail", "hint"}) {
    CHECK(document.at(member).get<std::string>() != "");
  }
  CHECK(document.at("retryable").is_boolean());
  return document;
}

std::string first_pointer(const json& document) {
  return document.at("errors").at(0).at("pointer").get<std::string>();
}

}  // namespace

TEST_CASE("a body that is too large is refused before it is sent") {
  Rig rig;
  RawClient client(rig.serve());
  const RawAnswer answer =
      client.call("POST /v1/things HTTP/1.1\r\nHost: t\r\n" + rig.as(Role::owner) +
                  std::string(kJson) + "Content-Length: 8388609\r\n\r\n");
  CHECK(answer.status == 413);
  CHECK(problem(answer).at("code") == "payload_too_large");
  CHECK_THAT(problem(answer).at("detail").get<std::string>(), contains("8388608"));
  CHECK(answer.header("connection") == "close");
  client.finish_writing();
  CHECK(client.wait_closed());
  CHECK(rig.calls == 0);
}

TEST_CASE("a chunked body that grows too large is refused") {
  Rig rig;
  http::Limits limits;
  limits.body = 1000;
  RawClient client(rig.serve(limits));
  client.send("POST /v1/things HTTP/1.1\r\nHost: t\r\n" + rig.as(Role::owner) + std::string(kJson) +
              "Transfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 3; ++i) client.send("190\r\n" + std::string(400, ' ') + "\r\n");
  CHECK(problem(client.read()).at("code") == "payload_too_large");
  CHECK(rig.calls == 0);
}

TEST_CASE("an encoded body is refused unread") {
  Rig rig;
  RawClient client(rig.serve());
  const RawAnswer answer = client.call(post(rig, "\x1f\x8b\x08 no", "Content-Encoding: gzip\r\n"));
  CHECK(answer.status == 415);
  CHECK(first_pointer(problem(answer)) == "header/Content-Encoding");
}

TEST_CASE("framing that two parsers could read differently is refused and the connection closed") {
  Rig rig;
  const std::string url = rig.serve();
  const std::string auth = rig.as(Role::owner);
  const std::string head = "POST /v1/things HTTP/1.1\r\nHost: t\r\n" + auth;
  struct Case {
    std::string name, text;
  };
  const std::vector<Case> cases{
      {"TE with CL", head + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {"another TE", head + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"},
      {"two lengths", head + "Content-Length: 4\r\nContent-Length: 4\r\n\r\n{  }"},
      {"a signed length", head + "Content-Length: +4\r\n\r\n{  }"},
      {"a length that is none", head + "Content-Length: 4, 4\r\n\r\n{  }"},
      {"a folded field", head + "X-A: 1\r\n 2\r\n\r\n"},
      {"a blank before the colon", head + "Content-Length : 4\r\n\r\n{  }"},
      {"a bare newline", "GET /ping HTTP/1.1\nHost: t\n\n"},
      {"a bare return", "GET /ping HTTP/1.1\r\nHost: t\r\nX-A: a\rb\r\n\r\n"},
      {"a zero byte", "GET /ping HTTP/1.1\r\nHost: t\r\nX-A: a\0b\r\n\r\n"s},
      {"no host", "GET /ping HTTP/1.1\r\n\r\n"},
      {"two hosts", "GET /ping HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"},
      {"no version", "GET /ping\r\n\r\n"},
      {"two authorizations", "GET /v1/things HTTP/1.1\r\nHost: t\r\n" + auth + auth + "\r\n"},
      {"not HTTP", "\x16\x03\x01\x02\r\n\r\n"}};
  for (const Case& one : cases) {
    INFO(one.name);
    RawClient client(url);
    const RawAnswer answer = client.call(one.text);
    CHECK(answer.status == 400);
    problem(answer);
    CHECK(answer.header("connection") == "close");
    client.finish_writing();
    CHECK(client.wait_closed());
  }
  CHECK(rig.calls == 0);
}

TEST_CASE("wrong chunks are refused") {
  Rig rig;
  const std::string url = rig.serve();
  for (const std::string chunks :
       {"zz\r\n{}\r\n0\r\n\r\n", "-2\r\n{}\r\n", "0x2\r\n{}\r\n", "2\r\n{}xx\r\n",
        "2\n{}\r\n0\r\n\r\n", "ffffffffffffffffff\r\n"}) {
    INFO(chunks);
    RawClient client(url);
    const RawAnswer answer =
        client.call("POST /v1/things HTTP/1.1\r\nHost: t\r\n" + rig.as(Role::owner) +
                    std::string(kJson) + "Transfer-Encoding: chunked\r\n\r\n" + chunks);
    CHECK((answer.status == 400 || answer.status == 413));
    problem(answer);
    CHECK(answer.header("connection") == "close");
  }
  CHECK(rig.calls == 0);
}

TEST_CASE("heads have limits") {
  Rig rig;
  const std::string url = rig.serve();
  const auto status = [&](const std::string& text) {
    RawClient client(url);
    const RawAnswer answer = client.call(text);
    problem(answer);
    CHECK(answer.header("connection") == "close");
    return answer.status;
  };
  CHECK(status(request("GET /ping", "X-Big: " + std::string(9000, 'a') + "\r\n")) == 431);
  CHECK(status(request("GET /" + std::string(9000, 'a'))) == 414);
  std::string many;
  for (int i = 0; i < 101; ++i) many += "X-A: 1\r\n";
  CHECK(status(request("GET /ping", many)) == 431);
  std::string endless = "GET /ping HTTP/1.1\r\n";
  while (endless.size() < 40'000) endless += "X-A: " + std::string(1000, 'a') + "\r\n";
  CHECK(status(endless) == 431);
}

TEST_CASE("a head that drips in is cut off") {
  Rig rig;
  http::Limits limits;
  limits.head_time = std::chrono::milliseconds(150);
  RawClient client(rig.serve(limits));
  client.send("GET /ping HTTP/1.1\r\nHost: t\r\nX-A");
  const RawAnswer answer = client.read();
  CHECK(answer.status == 408);
  CHECK(problem(answer).at("retryable") == true);
  CHECK(client.wait_closed());
  CHECK(rig.calls == 0);
}

TEST_CASE("a body that drips in is cut off, however steadily it drips") {
  Rig rig;
  http::Limits limits;
  limits.body_time = std::chrono::milliseconds(200);
  RawClient client(rig.serve(limits));
  client.send("POST /v1/things HTTP/1.1\r\nHost: t\r\n" + rig.as(Role::owner) + std::string(kJson) +
              "Content-Length: 100000\r\n\r\n");
  // A byte whenever the server has had time to say something: each comes well within the limit.
  while (!client.readable(std::chrono::milliseconds(20))) {
    if (!client.try_send(" ")) break;
  }
  const RawAnswer answer = client.read();
  CHECK(answer.status == 408);
  CHECK(problem(answer).at("code") == "request_timeout");
  CHECK(answer.header("connection") == "close");
  CHECK(rig.calls == 0);
}

TEST_CASE("bad bodies name what is wrong") {
  Rig rig;
  RawClient client(rig.serve());
  const auto refused = [&](std::string_view body) {
    const RawAnswer answer = client.call(post(rig, body));
    CHECK(answer.status == 400);
    CHECK(answer.header("connection") != "close");
    return problem(answer);
  };
  CHECK_THAT(refused("{\"name\":\"\xff\"}").at("detail").get<std::string>(), contains("UTF-8"));
  const std::string deep =
      "{\"name\":\"a\",\"nested\":{\"a\":" + std::string(70, '[') + std::string(70, ']') + "}}";
  CHECK_THAT(refused(deep).at("detail").get<std::string>(), contains("64"));
  CHECK(first_pointer(refused(R"({"name":"a","sise":1})")) == "/sise");
  CHECK_THAT(refused(R"({"name":"a","sise":1})").dump(), contains("size"));
  CHECK(first_pointer(refused(R"({"name":7})")) == "/name");
  CHECK(first_pointer(refused(R"({"name":"a","tags":["x",2]})")) == "/tags/1");
  CHECK(first_pointer(refused(R"({})")) == "/name");
  refused("{");
  refused("[]");
  refused(R"({"name":"a"} x)");
  refused(R"({"name":"a","name":"b"})");
  CHECK(rig.calls == 0);
  CHECK(client.call(post(rig, R"({"name":"a"})")).status == 201);
}

TEST_CASE("a stranger's body is not read") {
  Rig rig;
  RawClient client(rig.serve());
  client.send("POST /v1/things HTTP/1.1\r\nHost: t\r\n" + std::string(kJson) +
              "Content-Length: 1000000\r\nExpect: 100-continue\r\n\r\n");
  const RawAnswer answer = client.read();
  CHECK(answer.status == 401);  // and not 100
  CHECK(answer.header("www-authenticate") == "Bearer realm=\"agent-factory\"");
  CHECK(answer.header("connection") == "close");
  problem(answer);
}

TEST_CASE("an unread body is never taken for a request") {
  Rig rig;
  RawClient client(rig.serve());
  const std::string smuggled = request("DELETE /v1/things/1", rig.as(Role::owner));
  client.send(request("GET /ping", {}, smuggled));
  CHECK(client.read().status == 400);  // takes no body
  client.send(request("GET /ping"));
  CHECK(client.read().status == 200);
  CHECK(rig.calls == 1);
}

TEST_CASE("what a handler throws stays inside") {
  Rig rig;
  RawClient client(rig.serve());
  const RawAnswer answer = client.call(request("POST /v1/things/1/break", rig.as(Role::owner)));
  CHECK(answer.status == 500);
  problem(answer);
  CHECK(answer.body.find("inside of the house") == std::string::npos);
  CHECK(answer.headers.count("exception_what") == 0);
}

}  // namespace factory::test
