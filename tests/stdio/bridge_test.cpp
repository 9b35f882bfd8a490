#include "mcp-stdio/bridge.hpp"

#include <future>

#include "tests/stdio/serve.hpp"
#include "tests/stdio/tcp_server.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

namespace factory::test {
namespace {

using nlohmann::json;

constexpr const char* trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// The tool's call on a thread of its own, so that the test can play the server.
std::future<mcp::BackendAnswer> call(mcp::Bridge& bridge, const std::string& tool, json arguments,
                                     const std::string& traceparent = "") {
  return std::async(std::launch::async, [&bridge, tool, arguments = std::move(arguments),
                                         traceparent, catalog = notes_catalog()] {
    return bridge.call(catalog->tool(tool)->http, arguments, {{}, traceparent});
  });
}

TEST_CASE("a call becomes the request that the catalog describes", "[bridge]") {
  TcpServer server;
  mcp::Bridge bridge(notes_catalog(), remote(server.url()), false);
  auto answer = call(bridge, "create_note", {{"text", "Milk\n\u00e4"}, {"color", "red"}}, trace);
  TcpConnection connection = server.accept();
  const SeenRequest first = connection.read();
  CHECK(first.line == "POST /v1/notes HTTP/1.1");
  CHECK(first.headers.at("authorization") == "Bearer secret-key");
  CHECK(first.headers.at("content-type") == "application/json");
  CHECK(first.headers.at("traceparent") == trace);
  CHECK(first.headers.at("idempotency-key").size() >= 20);
  CHECK(json::parse(first.body) ==
        json({{"text", "Milk\n\u00e4"}, {"color", "red"}, {"source", "chat"}}));
  connection.answer(201, R"({"id":"n1"})");
  const mcp::BackendAnswer created = answer.get();
  CHECK_FALSE(created.failed);
  CHECK(created.document == json{{"id", "n1"}});

  auto again = call(bridge, "create_note", {{"text", "x"}});
  const SeenRequest second = connection.read();  // on the same connection
  CHECK(second.headers.at("idempotency-key") != first.headers.at("idempotency-key"));
  CHECK(second.headers.count("traceparent") == 0);
  connection.answer(201, "");
  CHECK(again.get().document.is_null());
}

TEST_CASE("path and query are encoded, lists repeat their name", "[bridge]") {
  const auto catalog = notes_catalog();
  const auto list = mcp::http_parts(
      *catalog, catalog->tool("list_notes")->http,
      {{"owner", "a&b=c d"}, {"labels", {"x", "y/z"}}, {"limit", 5}, {"unknown", 1}});
  REQUIRE(list.ok());
  CHECK(list->method == "GET");
  CHECK(list->target == "/v1/notes?label=x&label=y%2Fz&limit=5&owner=a%26b%3Dc%20d");
  CHECK(list->content_type.empty());
  CHECK(list->body.empty());
  const auto none = mcp::http_parts(*catalog, catalog->tool("list_notes")->http,
                                    {{"owner", nullptr}, {"labels", json::array()}});
  CHECK(none->target == "/v1/notes");
  const auto rename = mcp::http_parts(*catalog, catalog->tool("rename")->http,
                                      {{"kind", "folder"}, {"id", "a b/\u00e4"}, {"name", "n"}});
  REQUIRE_FALSE(rename.ok());
  CHECK(rename.error().fields.front().pointer == "/id");
  const auto folder = mcp::http_parts(*catalog, catalog->tool("rename")->http,
                                      {{"kind", "folder"}, {"id", "a b"}, {"name", "n"}});
  CHECK(folder->method == "PATCH");
  CHECK(folder->target == "/v1/folders/a%20b");
  CHECK(folder->body == R"({"name":"n"})");
}

TEST_CASE("an id cannot lead to another path", "[bridge]") {
  const auto catalog = notes_catalog();
  for (const std::string id : {"", ".", "..", "a/b", "a\\b", "a\nb", "\x7f", "\xff"}) {
    const auto parts = mcp::http_parts(*catalog, catalog->tool("rename")->http,
                                       {{"kind", "note"}, {"id", id}, {"name", "n"}});
    INFO(id);
    REQUIRE_FALSE(parts.ok());
    CHECK(parts.error().code == ErrorCode::invalid_request);
  }
}

TEST_CASE("a refusal comes as the problem that the server wrote", "[bridge]") {
  TcpServer server;
  mcp::Bridge bridge(notes_catalog(), remote(server.url()), false);
  auto answer = call(bridge, "list_notes", json::object());
  TcpConnection connection = server.accept();
  connection.read();
  connection.answer(409, R"({"title":"No","status":409,"decided_by":"ada"})",
                    "application/problem+json");
  const mcp::BackendAnswer refused = answer.get();
  CHECK(refused.failed);
  CHECK(refused.document["decided_by"] == "ada");
  CHECK(refused.document["detail"] == "HTTP status 409.");

  answer = call(bridge, "list_notes", json::object());
  connection.read();
  connection.answer(502, "<html>Bad gateway</html>", "text/html");
  const mcp::BackendAnswer odd = answer.get();
  CHECK(odd.failed);
  CHECK(odd.document["status"] == 502);
  CHECK(odd.document["title"] == "The server refused the call");
}

TEST_CASE("an answer that is no JSON is no success", "[bridge]") {
  TcpServer server;
  mcp::Bridge bridge(notes_catalog(), remote(server.url()), false);
  auto answer = call(bridge, "list_notes", json::object());
  TcpConnection connection = server.accept();
  connection.read();
  connection.answer(200, R"({"items":[)");
  CHECK(answer.get().failed);
  answer = call(bridge, "list_notes", json::object());
  connection.read();
  connection.answer(200, "plain", "text/plain");
  CHECK(answer.get().document == "plain");
}

TEST_CASE("a broken connection: the same POST once more, under the same key", "[bridge]") {
  TcpServer server;
  mcp::Bridge bridge(notes_catalog(), remote(server.url()), false);
  auto answer = call(bridge, "create_note", {{"text", "x"}});
  std::string key;
  {
    TcpConnection first = server.accept();
    key = first.read().headers.at("idempotency-key");
  }
  TcpConnection second = server.accept();
  CHECK(second.read().headers.at("idempotency-key") == key);
  second.answer(201, R"({"id":"n1"})");
  CHECK_FALSE(answer.get().failed);
}

TEST_CASE("a broken connection: what has no key is not repeated, and says what to do", "[bridge]") {
  TcpServer server;
  mcp::Bridge bridge(notes_catalog(), remote(server.url()), false);
  auto answer = call(bridge, "rename", {{"kind", "note"}, {"id", "n1"}, {"name", "x"}});
  {
    TcpConnection first = server.accept();
    first.read();
  }
  const mcp::BackendAnswer failed = answer.get();
  CHECK(failed.failed);
  CHECK(failed.document["code"] == "unavailable");
  CHECK_THAT(failed.document["hint"].get<std::string>(), contains("look at the state"));
}

TEST_CASE("nobody there: the answer says what is down and how to start it", "[bridge]") {
  TcpServer server;
  server.close();
  mcp::Bridge bridge(notes_catalog(), remote(server.url()), false);
  const mcp::BackendAnswer failed = call(bridge, "list_notes", json::object()).get();
  CHECK(failed.failed);
  CHECK(failed.document["status"] == 503);
  CHECK_THAT(failed.document["detail"].get<std::string>(), contains(server.url()));
  CHECK_THAT(failed.document["hint"].get<std::string>(), contains("factory-api serve"));
  CHECK(failed.document.dump().find("secret-key") == std::string::npos);
}

TEST_CASE("the local server is found through its folder, also after it has moved", "[bridge]") {
  const TempDir folder;
  folder.write("mcp.key", "local-key\n");
  std::filesystem::permissions(folder / "mcp.key", std::filesystem::perms(0600));
  const auto say = [&](const TcpServer& server) {
    folder.write("server.json", json{{"url", server.url()}, {"pid", ::getpid()}}.dump());
  };
  mcp::BackendSettings settings;
  settings.data_folder = folder.path();
  mcp::Bridge bridge(notes_catalog(), settings, false);

  const mcp::BackendAnswer none = call(bridge, "list_notes", json::object()).get();
  CHECK(none.failed);
  CHECK_THAT(none.document["hint"].get<std::string>(), contains("factory-api serve"));

  TcpServer first;
  say(first);
  auto answer = call(bridge, "list_notes", json::object());
  {
    TcpConnection connection = first.accept();
    CHECK(connection.read().headers.at("authorization") == "Bearer local-key");
    connection.answer(200, "{}");
    CHECK_FALSE(answer.get().failed);
  }
  first.close();
  TcpServer second;
  say(second);
  answer = call(bridge, "list_notes", json::object());
  TcpConnection probe = second.accept();
  CHECK(probe.read().line == "GET /healthz HTTP/1.1");
  probe.answer(200, "{}");
  CHECK(probe.read().line == "GET /v1/notes HTTP/1.1");
  probe.answer(200, "{}");
  CHECK_FALSE(answer.get().failed);
}

TEST_CASE("a key that was changed is read anew", "[bridge]") {
  const TempDir folder;
  const auto file = folder.write("key", "old\n");
  std::filesystem::permissions(file, std::filesystem::perms(0600));
  TcpServer server;
  mcp::BackendSettings settings;
  settings.url = server.url();
  settings.token_file = file.string();
  mcp::Bridge bridge(notes_catalog(), settings, false);
  auto answer = call(bridge, "list_notes", json::object());
  TcpConnection connection = server.accept();
  connection.read();
  connection.answer(200, "{}");
  answer.get();
  folder.write("key", "new\n");
  answer = call(bridge, "list_notes", json::object());
  CHECK(connection.read().headers.at("authorization") == "Bearer old");
  connection.answer(401, "{}");
  CHECK(connection.read().headers.at("authorization") == "Bearer new");
  connection.answer(200, "{}");
  CHECK_FALSE(answer.get().failed);
}

}  // namespace
}  // namespace factory::test
