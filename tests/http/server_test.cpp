#include "http/server.hpp"

#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

#include "tests/http/rig.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {
namespace {

using std::chrono::milliseconds;

std::uint16_t port_of(const std::string& url) {
  return static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
}

/// Holds handlers until it is opened.
class Barrier {
 public:
  void wait() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  void wait_for(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ >= count; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;
  bool open_ = false;
};

void hold(Rig& rig, Barrier& barrier) {
  rig.handlers.bind("thing.ping", [&barrier](const http::Request&) -> Result<http::Answer> {
    barrier.wait();
    return http::Answer{};
  });
}

}  // namespace

TEST_CASE("a port that is taken is not shared") {
  Rig rig;
  const std::string url = rig.serve();
  http::Server second(rig.router());
  const auto refused = second.start("127.0.0.1", port_of(url));
  REQUIRE(!refused);
  CHECK(refused.error().code == ErrorCode::conflict);
  CHECK_THAT(refused.error().detail, contains("127.0.0.1:" + std::to_string(port_of(url))));
  // It is free again as soon as the first one has stopped, without a wait for old connections.
  RawClient client(url);
  CHECK(client.call(request("GET /ping")).status == 200);
  rig.server().stop();
  CHECK(second.start("127.0.0.1", port_of(url)).ok());
}

TEST_CASE("a host that is none is refused") {
  Rig rig;
  http::Server server(rig.router());
  const auto refused = server.start("no.such.host.invalid", 0);
  REQUIRE(!refused);
  CHECK(refused.error().code == ErrorCode::invalid_request);
}

TEST_CASE("one connection carries many requests, also pipelined ones in order") {
  Rig rig;
  RawClient client(rig.serve());
  for (int i = 0; i < 20; ++i) CHECK(client.call(request("GET /ping")).status == 200);
  std::string many;
  for (int i = 0; i < 50; ++i) {
    many += request("GET /v1/things/" + std::to_string(i), rig.as(Role::owner));
  }
  client.send(many);
  for (int i = 0; i < 50; ++i) {
    CHECK_THAT(client.read().body, contains("\"thing_id\":\"" + std::to_string(i) + "\""));
  }
}

TEST_CASE("a request that comes in pieces is one request") {
  Rig rig;
  RawClient client(rig.serve());
  const std::string text =
      request("POST /v1/things", rig.as(Role::owner) + "Content-Type: application/json\r\n",
              R"({"name":"a"})");
  for (const char c : text) client.send({&c, 1});
  CHECK(client.read().status == 201);
  client.send("\r\n\r\n");  // stray empty lines are passed over
  CHECK(client.call(request("GET /ping")).status == 200);
}

TEST_CASE("a chunked body is put together") {
  Rig rig;
  RawClient client(rig.serve());
  client.send("POST /v1/things HTTP/1.1\r\nHost: t\r\n" + rig.as(Role::owner) +
              "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
              "5;x=1\r\n{\"nam\r\n7\r\ne\":\"a\"}\r\n0\r\nX-Trailer: 1\r\n\r\n" +
              request("GET /ping"));
  CHECK_THAT(client.read().body, contains("\"name\":\"a\""));
  CHECK(client.read().status == 200);
}

TEST_CASE("a client that waits for 100 Continue gets it") {
  Rig rig;
  RawClient client(rig.serve());
  client.send("POST /v1/things HTTP/1.1\r\nHost: t\r\n" + rig.as(Role::owner) +
              "Content-Type: application/json\r\nContent-Length: 12\r\nExpect: "
              "100-continue\r\n\r\n");
  CHECK(client.read().status == 100);
  client.send(R"({"name":"a"})");
  CHECK(client.read().status == 201);
}

TEST_CASE("HEAD is GET without the body") {
  Rig rig;
  RawClient client(rig.serve());
  const RawAnswer get = client.call(request("GET /ping"));
  client.send(request("HEAD /ping"));
  const RawAnswer head = client.read(true);
  CHECK(head.status == 200);
  CHECK(head.header("content-length") == std::to_string(get.body.size()));
  CHECK(client.call(request("GET /ping")).status == 200);
}

TEST_CASE("a large body goes in and a connection that says close is closed") {
  Rig rig;
  RawClient client(rig.serve());
  const std::string body = "<a>" + std::string(8'000'000, 'x') + "</a>";
  const RawAnswer answer = client.call(request(
      "POST /v1/things/1/report",
      rig.as(Role::owner) + "Content-Type: application/xml\r\nConnection: close\r\n", body));
  CHECK_THAT(answer.body, contains("\"raw_size\":8000007"));
  CHECK(answer.header("connection") == "close");
  CHECK(client.wait_closed());
}

TEST_CASE("fields that make a server compress or cut its answer change nothing") {
  Rig rig;
  RawClient client(rig.serve());
  const RawAnswer answer =
      client.call(request("GET /ping", "Accept-Encoding: gzip, br\r\nRange: bytes=0-1\r\n"));
  CHECK(answer.status == 200);
  CHECK(answer.body == R"({"pong":true})");
  CHECK(answer.header("content-encoding").empty());
}

TEST_CASE("idle connections starve nobody, and 300 are served at once") {
  Rig rig;
  Barrier barrier;
  hold(rig, barrier);
  http::Limits limits;
  limits.workers = 300;
  const std::string url = rig.serve(limits);
  std::vector<RawClient> idle;
  for (int i = 0; i < 300; ++i) idle.emplace_back(url);
  for (RawClient& client : idle) client.send(request("GET /ping"));
  barrier.wait_for(300);  // all of them stand in their handlers at the same time
  barrier.open();
  for (RawClient& client : idle) CHECK(client.read().status == 200);
  RawClient fresh(url);
  CHECK(fresh.call(request("GET /v1/things", rig.as(Role::viewer))).status == 200);
  for (RawClient& client : idle) {
    client.send(request("GET /v1/things", rig.as(Role::viewer)));
    CHECK(client.read().status == 200);
  }
}

TEST_CASE("clients whose bodies do not come leave workers for others") {
  Rig rig;
  http::Limits limits;
  limits.workers = 4;
  limits.body_time = std::chrono::minutes(10);
  limits.crowded_time = milliseconds(50);
  const std::string url = rig.serve(limits);
  std::vector<RawClient> silent;
  for (int i = 0; i < 12; ++i) {
    silent.emplace_back(url);
    silent.back().send(request("POST /v1/things", rig.as(Role::owner) +
                                                      "Content-Type: application/json\r\n"
                                                      "Content-Length: 10\r\n"));
  }
  CHECK(RawClient(url).call(request("GET /ping")).status == 200);
  CHECK(silent.back().read().status == 408);
}

TEST_CASE("beyond the limit of connections the one that idled longest makes room") {
  Rig rig;
  http::Limits limits;
  limits.connections = 3;
  const std::string url = rig.serve(limits);
  std::vector<RawClient> clients;
  for (int i = 0; i < 3; ++i) {
    clients.emplace_back(url);
    CHECK(clients.back().call(request("GET /ping")).status == 200);
  }
  CHECK(clients[0].call(request("GET /ping")).status == 200);  // so 1 has idled longest
  RawClient fourth(url);
  CHECK(fourth.call(request("GET /ping")).status == 200);
  CHECK(clients[1].wait_closed());
  CHECK(clients[0].call(request("GET /ping")).status == 200);
}

TEST_CASE("a connection without requests is closed after its time") {
  Rig rig;
  http::Limits limits;
  limits.idle = milliseconds(100);
  const std::string url = rig.serve(limits);
  RawClient silent(url);
  CHECK(silent.wait_closed());
  RawClient served(url);
  CHECK(served.call(request("GET /ping")).status == 200);
  CHECK(served.wait_closed());
}

TEST_CASE("stopping ends idle and half-sent connections at once and lets requests finish") {
  Rig rig;
  Barrier barrier;
  hold(rig, barrier);
  const std::string url = rig.serve();
  std::vector<RawClient> idle;
  for (int i = 0; i < 50; ++i) idle.emplace_back(url);
  for (RawClient& client : idle) {
    CHECK(client.call(request("GET /v1/things", rig.as(Role::viewer))).status == 200);
  }
  RawClient half(url);
  half.send("GET /ping HTTP/1.1\r\nHo");
  RawClient working(url);
  working.send(request("GET /ping"));
  barrier.wait_for(1);
  const auto began = std::chrono::steady_clock::now();
  auto stopped = std::async(std::launch::async, [&] { rig.server().stop(); });
  for (RawClient& client : idle) CHECK(client.wait_closed());
  CHECK(half.wait_closed());
  CHECK(stopped.wait_for(milliseconds(0)) == std::future_status::timeout);
  barrier.open();
  const RawAnswer answer = working.read();
  CHECK(answer.status == 200);
  CHECK(answer.header("connection") == "close");
  stopped.get();
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(2));
  CHECK_THROWS(RawClient(url).call(request("GET /ping")));
}

TEST_CASE("a client that neither sends nor reads cannot hold the server when it stops") {
  Rig rig;
  http::Limits limits;
  limits.stop_time = milliseconds(100);
  const std::string url = rig.serve(limits);
  RawClient sender(url);
  sender.send("POST /v1/things HTTP/1.1\r\nHost: t\r\n" + rig.as(Role::owner) +
              "Content-Type: application/json\r\nContent-Length: 100\r\nExpect: "
              "100-continue\r\n\r\n");
  CHECK(sender.read().status == 100);  // a worker now waits for its body
  const auto began = std::chrono::steady_clock::now();
  rig.server().stop();
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(2));
}

TEST_CASE("clients that leave in the middle do no harm") {
  Rig rig;
  const std::string url = rig.serve();
  for (int i = 0; i < 50; ++i) {
    RawClient client(url);
    client.send(request("GET /ping").substr(0, static_cast<std::size_t>(i)));
  }
  RawClient client(url);
  CHECK(client.call(request("GET /ping")).status == 200);
}

}  // namespace factory::test
