#include "common/http_client.hpp"

#include <chrono>
#include <thread>

#include "tests/support/catch.hpp"
#include "tests/support/tiny_server.hpp"

using namespace factory;
using test::TinyServer;

namespace {

HttpRequest get(const std::string& url) {
  HttpRequest request;
  request.url = url;
  return request;
}

std::string reason(const Result<HttpResponse>& result) {
  if (result.ok()) return "answered " + std::to_string(result->status);
  return std::string(to_string(result.error().code)) + " " + result.error().data.at("reason");
}

/// Answers with the request itself.
std::string echo(const std::string& request) { return test::ok(request); }

bool has_line(const std::string& text, const std::string& line) {
  return text.find("\r\n" + line + "\r\n") != std::string::npos;
}

}  // namespace

TEST_CASE("an answer comes back whole, with lower-case header names") {
  TinyServer server([](const std::string&) {
    return std::string(
        "HTTP/1.1 100 Continue\r\nX-Interim: 1\r\n\r\n"
        "HTTP/1.1 404 Not Found\r\nContent-Type: application/problem+json \r\n"
        "ETag: \"1\"\r\nSet-Thing: a\r\nSet-Thing: b\r\nContent-Length: 2\r\n\r\n{}");
  });
  HttpClient client;
  const auto answer = client.send(get(server.url()));
  REQUIRE(answer.ok());
  CHECK(answer->status == 404);
  CHECK(answer->body == "{}");
  CHECK(answer->headers.count("x-interim") == 0);
  CHECK(answer->headers.find("content-type")->second == "application/problem+json");
  CHECK(answer->headers.find("etag")->second == "\"1\"");
  CHECK(answer->headers.count("set-thing") == 2);
}

TEST_CASE("a request goes out as it was given") {
  TinyServer server(echo);
  HttpClient client;
  HttpRequest request = get(server.url("/v1/a%20b?c=d"));
  request.method = GENERATE("POST", "PUT", "PATCH", "DELETE", "GET");
  request.headers = {{"Content-Type", "application/json"}, {"X-Empty", ""}, {"X-One", "1"}};
  request.body = std::string("{\"a\":\"\0\"}", 9);
  const auto answer = client.send(request);
  REQUIRE(answer.ok());
  CAPTURE(answer->body);
  CHECK(answer->body.rfind(request.method + " /v1/a%20b?c=d HTTP/1.1\r\n", 0) == 0);
  CHECK(has_line(answer->body, "Content-Type: application/json"));
  CHECK(has_line(answer->body, "Content-Length: 9"));
  CHECK(has_line(answer->body, "X-One: 1"));
  CHECK(answer->body.find("\r\nX-Empty:") != std::string::npos);
  CHECK(answer->body.substr(answer->body.size() - 9) == request.body);
}

TEST_CASE("nothing is added that was not asked for") {
  TinyServer server(echo);
  HttpClient client;
  HttpRequest request = get(server.url());
  SECTION("no type and no expectation for a large body") {
    request.method = "POST";
    request.body = std::string(2'000'000, 'x');
    const auto answer = client.send(request);
    REQUIRE(answer.ok());
    CHECK(answer->body.find("Content-Type:") == std::string::npos);
    CHECK(answer->body.find("Expect:") == std::string::npos);
  }
  SECTION("an empty POST says that it is empty") {
    request.method = "POST";
    const auto answer = client.send(request);
    REQUIRE(answer.ok());
    CHECK(has_line(answer->body, "Content-Length: 0"));
  }
  SECTION("a plain GET and DELETE have no body") {
    request.method = GENERATE("GET", "DELETE");
    const auto answer = client.send(request);
    REQUIRE(answer.ok());
    CHECK(answer->body.find("Content-Length:") == std::string::npos);
    CHECK(answer->body.find("Accept-Encoding:") == std::string::npos);
  }
}

TEST_CASE("HEAD takes the length for what it is") {
  TinyServer server([](const std::string& request) {
    return request.rfind("HEAD ", 0) == 0
               ? std::string("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")
               : test::ok("");
  });
  HttpClient client;
  HttpRequest request = get(server.url());
  request.method = "HEAD";
  const auto answer = client.send(request);
  REQUIRE(answer.ok());
  CHECK(answer->body.empty());
  CHECK(client.send(get(server.url())).ok());
  CHECK(server.connections() == 1);
}

TEST_CASE("connections are kept") {
  TinyServer server(echo);
  HttpClient client;
  for (int i = 0; i < 50; ++i) REQUIRE(client.send(get(server.url())).ok());
  CHECK(server.connections() == 1);
}

TEST_CASE("a kept connection that the server closed is replaced") {
  std::atomic<int> requests{0};
  TinyServer server(
      [&](const std::string&) { return ++requests % 2 == 0 ? std::string() : test::ok("x"); });
  HttpClient client;
  CHECK(reason(client.send(get(server.url()))) == "answered 200");
  CHECK(reason(client.send(get(server.url()))) == "answered 200");
  CHECK(server.connections() == 2);
}

TEST_CASE("redirects are not followed") {
  TinyServer server([](const std::string&) {
    return std::string("HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n");
  });
  CHECK(reason(HttpClient().send(get(server.url()))) == "answered 302");
}

TEST_CASE("an answer may be as large as the limit and no larger") {
  TinyServer server([](const std::string&) { return test::ok(std::string(100'000, 'x')); });
  HttpClient client;
  HttpRequest request = get(server.url());
  request.max_response_bytes = 100'000;
  CHECK(reason(client.send(request)) == "answered 200");
  request.max_response_bytes = 99'999;
  CHECK(reason(client.send(request)) == "unavailable too_large");
}

TEST_CASE("endless headers are too large, too") {
  TinyServer server([](const std::string&) {
    std::string answer = "HTTP/1.1 200 OK\r\n";
    for (int i = 0; i < 400; ++i)
      answer += "X-" + std::to_string(i) + ": " + std::string(1000, 'x') + "\r\n";
    return answer + "\r\n";
  });
  CHECK_FALSE(HttpClient().send(get(server.url())).ok());
}

TEST_CASE("a server that is not there is refused at once") {
  std::string url;
  {
    const TinyServer gone(echo);
    url = gone.url("/v1/secret?token=hunter2");
  }
  const auto answer = HttpClient().send(get(url));
  CHECK(reason(answer) == "unavailable refused");
  CHECK_THAT(answer.error().detail, test::contains("Nothing answers at http://127.0.0.1:"));
  CHECK(answer.error().detail.find("secret") == std::string::npos);
}

TEST_CASE("a server that does not answer runs out of time") {
  TinyServer server([](const std::string&) { return TinyServer::hang; });
  HttpRequest request = get(server.url());
  request.timeout = Millis{50};
  CHECK(reason(HttpClient().send(request)) == "unavailable timeout");
}

TEST_CASE("a broken answer is told as such") {
  TinyServer server([](const std::string&) { return std::string("SSH-2.0-hello\r\n"); });
  CHECK(reason(HttpClient().send(get(server.url()))) == "unavailable other");
  TinyServer cut([](const std::string&) { return std::string(); });
  CHECK(reason(HttpClient().send(get(cut.url()))) == "unavailable other");
}

TEST_CASE("a call is cancelled while it waits, and the server notices") {
  TinyServer server([](const std::string&) { return TinyServer::hang; });
  HttpClient client;
  std::stop_source stop;
  std::chrono::steady_clock::time_point asked;
  const std::jthread canceller([&] {
    server.wait_for_hang();
    asked = std::chrono::steady_clock::now();
    stop.request_stop();
  });
  const auto answer = client.send(get(server.url()), stop.get_token());
  const auto took = std::chrono::steady_clock::now() - asked;
  CHECK(reason(answer) == "unavailable cancelled");
  // Far above what it takes (well under 1 ms), far below the time-out of 30 s.
  CHECK(took < std::chrono::seconds(1));
  server.wait_for_hang_up();
}

TEST_CASE("a call that is cancelled before it starts is not sent") {
  std::atomic<int> requests{0};
  TinyServer server([&](const std::string& request) {
    ++requests;
    return echo(request);
  });
  std::stop_source stop;
  stop.request_stop();
  HttpClient client;
  CHECK(reason(client.send(get(server.url()), stop.get_token())) == "unavailable cancelled");
  CHECK(client.send(get(server.url())).ok());
  CHECK(requests == 1);
}

TEST_CASE("calls run side by side") {
  TinyServer server(echo);
  HttpClient client;
  std::atomic<int> right{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 50; ++i) {
          const std::string path = "/" + std::to_string(t) + "/" + std::to_string(i);
          const auto answer = client.send(get(server.url(path)));
          if (answer.ok() && answer->body.rfind("GET " + path + " ", 0) == 0) ++right;
        }
      });
    }
  }
  CHECK(right == 400);
  CHECK(server.connections() <= 8);
}

TEST_CASE("what cannot be a request is refused without being sent") {
  HttpClient client;
  HttpRequest request = get("http://127.0.0.1:1/");
  SECTION("a header with a line break") {
    request.headers = {{"Idempotency-Key", "a\r\nX-Evil: 1"}};
    CHECK(client.send(request).error().code == ErrorCode::invalid_request);
  }
  SECTION("a header name with a colon") {
    request.headers = {{"X: y", "a"}};
    CHECK(client.send(request).error().code == ErrorCode::invalid_request);
  }
  SECTION("a method with a blank") {
    request.method = "GET /other";
    CHECK(client.send(request).error().code == ErrorCode::invalid_request);
  }
  SECTION("another protocol") {
    request.url = GENERATE("file:///etc/passwd", "ftp://127.0.0.1/", "", "127.0.0.1", "http://");
    CHECK(client.send(request).error().code == ErrorCode::invalid_request);
  }
}

TEST_CASE("a proxy of the environment is not used for this machine") {
  TinyServer server(echo);
  ::setenv("http_proxy", "http://127.0.0.1:1", 1);
  const auto answer = HttpClient().send(get(server.url()));
  ::unsetenv("http_proxy");
  CHECK(reason(answer) == "answered 200");
}

TEST_CASE("a client with a rule connects only to addresses that it allows") {
  TinyServer server(echo);
  std::vector<std::string> seen;
  bool allow = false;
  HttpClient client([&](std::string_view bytes) {
    seen.emplace_back(bytes);
    return allow;
  });
  CHECK(reason(client.send(get(server.url()))) == "unavailable forbidden_address");
  CHECK(server.connections() == 0);
  CHECK(seen == std::vector<std::string>{std::string("\x7f\0\0\x01", 4)});
  // A name is looked at when its address is known.
  std::string named = server.url();
  named.replace(named.find("127.0.0.1"), 9, "localhost");
  CHECK(reason(client.send(get(named))) == "unavailable forbidden_address");
  CHECK(server.connections() == 0);
  allow = true;
  CHECK(reason(client.send(get(server.url()))) == "answered 200");
}

TEST_CASE("a client with a rule uses no proxy") {
  TinyServer server(echo);
  HttpClient client([](std::string_view) { return true; });
  for (const char* name : {"http_proxy", "all_proxy"}) ::setenv(name, "http://127.0.0.1:1", 1);
  const auto answer = client.send(get(server.url()));
  for (const char* name : {"http_proxy", "all_proxy"}) ::unsetenv(name);
  CHECK(reason(answer) == "answered 200");
}

TEST_CASE("a long answer is cut where that is wanted") {
  TinyServer server([](const std::string&) { return test::ok(std::string(100'000, 'x')); });
  HttpRequest request = get(server.url());
  request.max_response_bytes = 1000;
  CHECK(reason(HttpClient().send(request)) == "unavailable too_large");
  request.cut_response = true;
  const auto answer = HttpClient().send(request);
  REQUIRE(answer.ok());
  CHECK(answer->status == 200);
  CHECK(answer->body == std::string(1000, 'x'));
}

TEST_CASE("the wait that an answer asks for is read") {
  TinyServer server([](const std::string&) { return test::ok("", "Retry-After: 120\r\n"); });
  const auto answer = HttpClient().send(get(server.url()));
  REQUIRE(answer.ok());
  CHECK(answer->retry_after == Millis{120'000});
}

TEST_CASE("the parts of a web address are those that would be called") {
  CHECK(read_web_address("HTTPS://Example.COM:8443/x")->host == "example.com");
  CHECK(read_web_address("http://0x7f.1/")->host == "127.0.0.1");
  CHECK(read_web_address("http://[::1]:80/")->host == "[::1]");
  CHECK(read_web_address("http://a:b@c/")->has_credentials);
  CHECK(read_web_address("http://c/#d")->has_fragment);
  for (const char* bad : {"", "c", "ftp://c/", "http://", "file:///etc/passwd"}) {
    CAPTURE(bad);
    CHECK_FALSE(read_web_address(bad));
  }
}
