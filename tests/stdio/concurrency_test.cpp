#include <algorithm>
#include <chrono>
#include <set>

#include "tests/stdio/serve.hpp"
#include "tests/stdio/tcp_server.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {
namespace {

using nlohmann::json;

void cancel(Serving& serving, const json& id) {
  serving.send(json{
      {"jsonrpc", "2.0"}, {"method", "notifications/cancelled"}, {"params", {{"requestId", id}}}}
                   .dump());
}

TEST_CASE("the server is told which tool a call is for", "[concurrency]") {
  TcpServer server;
  Serving serving(remote(server.url()));
  serving.call(1, "list_notes");
  TcpConnection connection = server.accept();
  CHECK(connection.read().headers.at("x-factory-tool") == "list_notes");
  connection.answer(200, R"({"items":[]})");
  CHECK(serving.output().next_json()["id"] == 1);
}

TEST_CASE("calls run side by side, and lists do not wait for them", "[concurrency]") {
  TcpServer server;
  Serving serving(remote(server.url()));
  for (int id = 1; id <= 5; ++id) serving.call(id, "list_notes", {{"limit", id}});
  std::vector<TcpConnection> connections;
  std::vector<std::string> lines;
  for (int i = 0; i < 5; ++i) {
    connections.push_back(server.accept());
    lines.push_back(connections.back().read().line);
  }
  serving.send(modern("list", "tools/list"));
  CHECK(serving.output().next_json()["id"] == "list");
  // Answered in the reverse order.
  for (int i = 4; i >= 0; --i) {
    connections[static_cast<std::size_t>(i)].answer(200, R"({"items":[]})");
    const json answer = serving.output().next_json();
    CHECK_THAT(lines[static_cast<std::size_t>(i)],
               contains("limit=" + std::to_string(answer["id"].get<int>()) + " "));
    CHECK(answer["result"]["structuredContent"]["items"].empty());
  }
}

TEST_CASE("a cancelled call is given up on both sides, by the exact id", "[concurrency]") {
  TcpServer server;
  Serving serving(remote(server.url()));
  serving.call("5", "list_notes");
  TcpConnection text = server.accept();
  text.read();
  serving.call(5, "list_notes");
  TcpConnection number = server.accept();
  number.read();
  cancel(serving, "5");
  text.await_close();  // the HTTP call is aborted
  number.answer(200, R"({"items":[]})");
  CHECK(serving.output().next_json()["id"] == 5);
  // Nothing is ever said of the cancelled call.
  serving.send(modern("last", "tools/list"));
  CHECK(serving.output().next_json()["id"] == "last");
}

TEST_CASE("an id that is under way is refused a second time", "[concurrency]") {
  TcpServer server;
  Serving serving(remote(server.url()));
  serving.call(1, "list_notes");
  TcpConnection connection = server.accept();
  connection.read();
  serving.call(1, "list_notes");
  CHECK(serving.output().next_json()["error"]["code"] == -32600);
  connection.answer(200, R"({"items":[]})");
  CHECK(serving.output().next_json().contains("result"));
}

TEST_CASE("too many calls are refused at once, and those under way go on", "[concurrency]") {
  TcpServer server;
  mcp::TransportOptions options;
  options.threads = 2;
  options.waiting = 3;
  Serving serving(remote(server.url()), options);
  serving.call(1, "list_notes");
  serving.call(2, "list_notes");
  TcpConnection first = server.accept();
  TcpConnection second = server.accept();
  for (int id = 3; id <= 10; ++id) serving.call(id, "list_notes");
  std::set<int> refused;
  for (int i = 0; i < 5; ++i) {
    const json answer = serving.output().next_json();
    CHECK(answer["error"]["code"] == -32603);
    refused.insert(answer["id"].get<int>());
  }
  CHECK(refused == std::set<int>{6, 7, 8, 9, 10});
  for (TcpConnection* connection : {&first, &second}) {
    connection->read();
    connection->answer(200, R"({"items":[]})");
  }
  CHECK(serving.output().next_json().contains("result"));
}

TEST_CASE("at the end of the input, calls are waited for, but not for ever", "[concurrency]") {
  TcpServer server;
  mcp::TransportOptions options;
  options.grace = std::chrono::milliseconds(300);
  Serving serving(remote(server.url()), options);
  serving.call(1, "list_notes");
  serving.call(2, "list_notes");
  TcpConnection first = server.accept();
  TcpConnection second = server.accept();
  serving.close_input();
  first.read();
  first.answer(200, R"({"items":[]})");
  CHECK(serving.output().next_json().contains("result"));
  second.await_close();
  CHECK(serving.output().rest().empty());
}

TEST_CASE("the end of the input is waited for no longer than the last call", "[concurrency]") {
  TcpServer server;
  mcp::TransportOptions options;
  options.grace = patience * 2;
  Serving serving(remote(server.url()), options);
  serving.call(1, "list_notes");
  TcpConnection connection = server.accept();
  serving.close_input();
  connection.read();
  connection.answer(200, R"({"items":[]})");
  CHECK(serving.output().rest().size() == 1);
}

TEST_CASE("answers of many calls come whole, one a line", "[concurrency]") {
  const std::string body = json{{"items", {{{"id", std::string(15'000, 'x')}}}}}.dump();
  TcpServer server;
  std::vector<std::jthread> answering;
  Serving serving(remote(server.url()));
  for (int id = 0; id < 40; ++id) serving.call(id, "list_notes");
  std::vector<TcpConnection> connections;
  for (int i = 0; i < 8; ++i) connections.push_back(server.accept());
  for (TcpConnection& accepted : connections) {
    answering.emplace_back([&body, connection = std::move(accepted)]() mutable {
      while (connection.try_read()) connection.answer(200, body);
    });
  }
  std::set<int> seen;
  for (int i = 0; i < 40; ++i) {
    const json answer = serving.output().next_json();
    CHECK(answer["result"]["structuredContent"]["items"][0]["id"].get<std::string>().size() ==
          15'000);
    seen.insert(answer["id"].get<int>());
  }
  CHECK(seen.size() == 40);
}

}  // namespace
}  // namespace factory::test
