// Bodies that are too large for memory, in and out.
#include <atomic>
#include <functional>
#include <future>
#include <nlohmann/json.hpp>

#include "common/digest.hpp"
#include "tests/http/rig.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

const std::string kBytes = "Content-Type: application/octet-stream\r\n";

/// Bytes that differ from place to place.
std::string bytes_of(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>((i * 7 + i / 251) % 256);
  return bytes;
}

std::string chunked(std::string_view body, std::size_t chunk) {
  std::string text;
  while (!body.empty()) {
    const std::string_view piece = body.substr(0, chunk);
    char size[24];
    std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
    text.append(size).append(piece).append("\r\n");
    body.remove_prefix(piece.size());
  }
  return text + "0\r\n\r\n";
}

/// Makes the route thing.pour read all of its body and answer with size and digest, and remember
/// how large the largest piece was.
void swallow(Rig& rig, std::atomic<std::size_t>& largest) {
  rig.handlers.bind("thing.pour", [&](const http::Request& request) -> Result<http::Answer> {
    ++rig.calls;
    std::string all;
    std::string piece(100'000, '\0');
    for (;;) {
      auto count = request.body_stream->read(piece.data(), piece.size());
      if (!count) return std::move(count.error());
      if (*count == 0) break;
      largest = std::max<std::size_t>(largest, *count);
      all.append(piece, 0, *count);
    }
    http::Answer answer;
    answer.body = json{{"size", all.size()},
                       {"digest", to_hex(sha256(all))},
                       {"raw_size", request.raw_body.size()}}
                      .dump();
    return answer;
  });
}

/// A source made of a function.
class Source final : public http::BodySource {
 public:
  using Read = std::function<std::size_t(char*, std::size_t)>;
  Source(std::optional<std::uint64_t> length, Read read)
      : length_(length), read_(std::move(read)) {}
  std::size_t read(char* target, std::size_t size) override { return read_(target, size); }
  [[nodiscard]] std::optional<std::uint64_t> length() const override { return length_; }

 private:
  std::optional<std::uint64_t> length_;
  Read read_;
};

Source::Read reads(std::string text) {
  auto at = std::make_shared<std::size_t>(0);
  return [text = std::move(text), at](char* target, std::size_t size) {
    const std::size_t count = text.copy(target, size, *at);
    *at += count;
    return count;
  };
}

void flow(Rig& rig, const std::function<std::shared_ptr<http::BodySource>()>& make) {
  rig.handlers.bind("thing.flow", [make](const http::Request&) -> Result<http::Answer> {
    http::Answer answer;
    answer.content_type = "application/octet-stream";
    answer.headers = {{"X-Kind", "flow"}, {"Cache-Control", "private"}};
    answer.stream = make();
    return answer;
  });
}

std::string get_flow(const Rig& rig, std::string_view method = "GET") {
  return request(std::string(method) + " /v1/things/1/flow", rig.as(Role::owner));
}

}  // namespace

TEST_CASE("a streamed body is larger than what a buffered one may be and comes in pieces") {
  Rig rig;
  std::atomic<std::size_t> largest = 0;
  swallow(rig, largest);
  http::Limits limits;
  limits.body = 1000;
  RawClient client(rig.serve(limits));
  const std::string body = bytes_of(20'000'001);
  const std::string digest = to_hex(sha256(body));
  const std::string head =
      "POST /v1/things/1/pour HTTP/1.1\r\nHost: t\r\n" + rig.as(Role::owner) + kBytes;
  SECTION("with its length") {
    client.send(head + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  SECTION("in chunks") {
    client.send(head + "Transfer-Encoding: chunked\r\n\r\n" + chunked(body, 70'001));
  }
  SECTION("in tiny chunks, after 100 Continue") {
    client.send(head + "Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n");
    CHECK(client.read().status == 100);
    client.send(chunked(body, 997));
  }
  const RawAnswer answer = client.read();
  CHECK(answer.status == 200);
  const json seen = json::parse(answer.body);
  CHECK(seen.at("size") == body.size());
  CHECK(seen.at("digest") == digest);
  CHECK(seen.at("raw_size") == 0);
  CHECK(largest <= 100'000);
  // The connection goes on to be used.
  CHECK(client.call(request("GET /ping")).status == 200);
}

TEST_CASE("nothing of a streamed body is read of whoever may not send it") {
  Rig rig;
  std::atomic<std::size_t> largest = 0;
  swallow(rig, largest);
  RawClient client(rig.serve());
  const RawAnswer answer = client.call("POST /v1/things/1/pour HTTP/1.1\r\nHost: t\r\n" + kBytes +
                                       "Content-Length: 30000000\r\nExpect: 100-continue\r\n\r\n");
  CHECK(answer.status == 401);
  CHECK(answer.header("connection") == "close");
  CHECK(rig.calls == 0);
}

TEST_CASE("a handler that refuses before it reads never asks for the body") {
  Rig rig;
  rig.handlers.bind("thing.pour", [](const http::Request&) -> Result<http::Answer> {
    return Error{ErrorCode::conflict, "No.", {}, {}, {}};
  });
  RawClient client(rig.serve());
  const std::string head =
      "POST /v1/things/1/pour HTTP/1.1\r\nHost: t\r\n" + rig.as(Role::owner) + kBytes;
  const RawAnswer answer =
      client.call(head + "Content-Length: 30000000\r\nExpect: 100-continue\r\n\r\n");
  CHECK(answer.status == 409);
  CHECK(answer.header("connection") == "close");
  client.finish_writing();
  CHECK(client.wait_closed());
}

TEST_CASE("a small streamed body that a handler leaves unread does not end the connection") {
  Rig rig;
  rig.handlers.bind("thing.pour",
                    [](const http::Request&) -> Result<http::Answer> { return http::Answer{}; });
  RawClient client(rig.serve());
  client.send(request("POST /v1/things/1/pour", rig.as(Role::owner) + kBytes, "unread") +
              request("GET /ping"));
  CHECK(client.read().status == 200);
  CHECK(client.read().body == R"({"pong":true})");
}

TEST_CASE("a streamed body may not be larger than its route says") {
  Rig rig;
  rig.routes[8].max_body = 1000;
  std::atomic<std::size_t> largest = 0;
  swallow(rig, largest);
  RawClient client(rig.serve());
  const std::string head =
      "POST /v1/things/1/pour HTTP/1.1\r\nHost: t\r\n" + rig.as(Role::owner) + kBytes;
  SECTION("as it is announced") { client.send(head + "Content-Length: 1001\r\n\r\n"); }
  SECTION("as it grows") {
    client.send(head + "Transfer-Encoding: chunked\r\n\r\n" + chunked(bytes_of(1001), 400));
  }
  const RawAnswer answer = client.read();
  CHECK(answer.status == 413);
  CHECK_THAT(answer.body, contains("1000 bytes"));
  CHECK(answer.header("connection") == "close");
}

TEST_CASE("a route that streams must get a body of its type") {
  Rig rig;
  RawClient client(rig.serve());
  CHECK(client.call(request("POST /v1/things/1/pour", rig.as(Role::owner))).status == 400);
  CHECK(client
            .call(request("POST /v1/things/1/pour",
                          rig.as(Role::owner) + "Content-Type: text/plain\r\n", "x"))
            .status == 415);
}

TEST_CASE("a streamed body that hardly moves is given up, and one whose client leaves ends") {
  Rig rig;
  std::promise<std::string> told;
  rig.handlers.bind("thing.pour", [&](const http::Request& request) -> Result<http::Answer> {
    std::string piece(1000, '\0');
    for (;;) {
      auto count = request.body_stream->read(piece.data(), piece.size());
      if (count) continue;
      told.set_value(std::string(to_string(count.error().code)));
      return std::move(count.error());
    }
  });
  http::Limits limits;
  limits.stream_time = milliseconds(100);
  limits.stream_bytes = 1000;
  const std::string url = rig.serve(limits);
  const std::string head = "POST /v1/things/1/pour HTTP/1.1\r\nHost: t\r\n" + rig.as(Role::owner) +
                           kBytes + "Content-Length: 5000\r\n\r\n";
  SECTION("slow") {
    RawClient client(url);
    client.send(head + std::string(1500, 'x'));  // the second thousand never comes
    const RawAnswer answer = client.read();
    CHECK(answer.status == 408);
    CHECK_THAT(answer.body, contains("Fewer than 1000 bytes"));
    CHECK(told.get_future().get() == "request_timeout");
  }
  SECTION("gone") {
    {
      RawClient client(url);
      client.send(head + std::string(1500, 'x'));
    }
    CHECK(told.get_future().get() == "invalid_request");
  }
}

TEST_CASE("an answer is streamed with its length, or in chunks, and the connection goes on") {
  Rig rig;
  const std::string body = bytes_of(3'000'017);
  const bool known = GENERATE(true, false);
  flow(rig, [&] {
    return std::make_shared<Source>(
        known ? std::optional<std::uint64_t>(body.size()) : std::nullopt, reads(body));
  });
  RawClient client(rig.serve());
  client.send(get_flow(rig));
  const RawAnswer answer = client.read();
  CHECK(answer.status == 200);
  CHECK(answer.header("content-type") == "application/octet-stream");
  CHECK(answer.header("content-length") == (known ? std::to_string(body.size()) : ""));
  CHECK(answer.header("transfer-encoding") == (known ? "" : "chunked"));
  CHECK(answer.header("x-kind") == "flow");
  CHECK(answer.header("cache-control") == "private");
  CHECK(answer.body.size() == body.size());
  CHECK((answer.body == body));
  client.send(get_flow(rig, "HEAD"));
  const RawAnswer head = client.read(true);
  CHECK(head.header("content-length") == answer.header("content-length"));
  CHECK(head.header("content-type") == "application/octet-stream");
  CHECK(client.call(request("GET /ping")).body == R"({"pong":true})");
}

TEST_CASE("an empty stream is an empty answer") {
  Rig rig;
  const bool known = GENERATE(true, false);
  flow(rig, [&] {
    return std::make_shared<Source>(known ? std::optional<std::uint64_t>(0) : std::nullopt,
                                    reads(""));
  });
  RawClient client(rig.serve());
  CHECK(client.call(get_flow(rig)).body.empty());
  CHECK(client.call(request("GET /ping")).status == 200);
}

TEST_CASE("a client of HTTP/1.0 gets no chunks but the end of the connection") {
  Rig rig;
  flow(rig, [] { return std::make_shared<Source>(std::nullopt, reads("all of it")); });
  RawClient client(rig.serve());
  client.send("GET /v1/things/1/flow HTTP/1.0\r\nHost: t\r\n" + rig.as(Role::owner) + "\r\n");
  const RawAnswer answer = client.read();
  CHECK(answer.header("transfer-encoding").empty());
  CHECK(answer.header("connection") == "close");
  CHECK(client.rest() == "all of it");
}

TEST_CASE("a source that fails midway ends the connection without the end of an answer") {
  Rig rig;
  const bool known = GENERATE(true, false);
  const bool throws = GENERATE(true, false);
  if (!known && !throws) return;  // then its end is the end
  flow(rig, [&] {
    auto calls = std::make_shared<int>(0);
    const auto length = known ? std::optional<std::uint64_t>(1000) : std::nullopt;
    return std::make_shared<Source>(length, [calls, throws](char* target, std::size_t) {
      if (++*calls <= 2) return std::string(100, 'x').copy(target, 100);
      if (throws) throw std::runtime_error("the disk is gone");
      return std::size_t{0};
    });
  });
  RawClient client(rig.serve());
  client.send(get_flow(rig));
  CHECK_THROWS_WITH(client.read(), contains("the connection ended in an answer's body"));
}

TEST_CASE("a client that stops reading a streamed answer does not hold it") {
  /// Tells when it is no more.
  class Endless final : public http::BodySource {
   public:
    explicit Endless(std::promise<void>& gone) : gone_(gone) {}
    ~Endless() override { gone_.set_value(); }
    std::size_t read(char* target, std::size_t size) override {
      std::fill(target, target + size, 'x');
      return size;
    }
    [[nodiscard]] std::optional<std::uint64_t> length() const override { return std::nullopt; }

   private:
    std::promise<void>& gone_;
  };
  Rig rig;
  std::promise<void> gone;
  flow(rig, [&] { return std::make_shared<Endless>(gone); });
  http::Limits limits;
  limits.stream_time = milliseconds(100);
  RawClient client(rig.serve(limits));
  client.send(get_flow(rig));
  CHECK(gone.get_future().wait_for(std::chrono::seconds(10)) == std::future_status::ready);
}

TEST_CASE("a handler learns where a request came from") {
  Rig rig;
  const std::string trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  RawClient client(rig.serve());
  const auto seen = [&](const std::string& fields) {
    return json::parse(client.call(request("GET /v1/things/1", rig.as(Role::owner) + fields)).body);
  };
  const json told = seen("User-Agent: curl/8.0\r\ntraceparent: " + trace + "\r\n");
  CHECK(told.at("address") == "127.0.0.1");
  CHECK(told.at("user_agent") == "curl/8.0");
  CHECK(told.at("traceparent") == trace);
  CHECK(seen("User-Agent: " + std::string(500, 'a') + "\r\n").at("user_agent") ==
        std::string(200, 'a'));
  CHECK(seen("User-Agent: \xff\r\n").at("user_agent") == "");
  for (const std::string bad :
       {"00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", "00-4bf9-00f0-01",
        "4bf92f3577b34da6a3ce929d0e0e4736000-00f067aa0ba902b7-01"}) {
    CHECK(seen("traceparent: " + bad + "\r\n").at("traceparent") == "");
  }
}

}  // namespace factory::test
