#include "tests/stdio/process.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

namespace factory::test {
namespace {

using nlohmann::json;

/// A server that must answer as if nothing had been, whatever it was told before.
class Unmoved {
 public:
  Unmoved()
      : process_({program("factory-mcp"), "--no-autostart", "--log-level=error"},
                 {{"FACTORY_DATA", folder_.string()}}) {}
  ~Unmoved() { process_.close_input(); }
  Unmoved(const Unmoved&) = delete;
  Unmoved& operator=(const Unmoved&) = delete;

  /// Sends the bytes and a good request after them; gives what came before its answer.
  std::vector<json> after(std::string_view bytes) {
    process_.write(bytes);
    const json id = "alive" + std::to_string(++count_);
    process_.write_line(modern(id, "prompts/list"));
    std::vector<json> messages;
    while (true) {
      json message = process_.output().next_json();
      if (message.contains("id") && message["id"] == id) {
        CHECK(message.contains("result"));
        return messages;
      }
      messages.push_back(std::move(message));
    }
  }

  int error_after(std::string_view bytes) {
    const std::vector<json> messages = after(bytes);
    REQUIRE(messages.size() == 1);
    return messages.front()["error"]["code"].get<int>();
  }

  int leave() {
    process_.close_input();
    return process_.wait();
  }

 private:
  TempDir folder_;
  Process process_;
  int count_ = 0;
};

TEST_CASE("lines that are no messages", "[hostile]") {
  Unmoved server;
  CHECK(server.error_after("{\"jsonrpc\":\"2.0\",\n") == -32700);
  CHECK(server.error_after("\xff\xfe\x01\n") == -32700);
  CHECK(server.error_after("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xc3\x28\"}\n") == -32700);
  CHECK(server.error_after(std::string("{\"a\":\0}\n", 8)) == -32700);
  CHECK(server.error_after("[]\n") == -32600);
  CHECK(server.error_after("[1,2,3]\n") == -32600);
  CHECK(server.error_after("Content-Length: 52\r\n") == -32700);
  CHECK(server.error_after("{}{}\n") == -32700);
  CHECK(server.after("\n\r\n   \n\t\n").empty());
  CHECK(server.error_after("\xef\xbb\xbf{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"x\"}\n") != 0);
  CHECK(server.leave() == 0);
}

TEST_CASE("a line end of Windows is one", "[hostile]") {
  Unmoved server;
  const auto messages = server.after(modern(5, "tools/list") + "\r\n");
  REQUIRE(messages.size() == 1);
  CHECK(messages.front()["id"] == 5);
}

TEST_CASE("nesting deeper than any stack", "[hostile]") {
  Unmoved server;
  const std::string deep(1'000'000, '[');
  const std::string closed(1'000'000, ']');
  CHECK(server.error_after(deep + "\n") == -32700);
  CHECK(server.error_after(deep + closed + "\n") == -32600);
  CHECK(server.error_after("{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"x\",\"params\":{\"a\":" +
                           deep + closed + "}}\n") == -32600);
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  CHECK(server.error_after(objects + "\n") == -32700);
  CHECK(server.leave() == 0);
}

TEST_CASE("ten megabytes in one line are taken, seventeen are refused, and reading goes on",
          "[hostile]") {
  Unmoved server;
  const auto big =
      server.after(modern("big", "tools/list", {{"cursor", std::string(10U << 20U, 'a')}}) + "\n");
  REQUIRE(big.size() == 1);
  CHECK(big.front()["id"] == "big");
  CHECK(big.front()["error"]["code"] == -32602);

  std::string huge = modern("huge", "tools/list");
  huge.pop_back();
  huge += ",\"x\":\"" + std::string(17U << 20U, 'a') + "\"}\n";
  const auto refused = server.after(huge);
  REQUIRE(refused.size() == 1);
  CHECK(refused.front()["error"]["code"] == -32600);

  CHECK(server.error_after(std::string(40U << 20U, 'z') + "\n") == -32600);
  CHECK(server.leave() == 0);
}

TEST_CASE("a line that drips in byte by byte is one line", "[hostile]") {
  const TempDir folder;
  Process process({program("factory-mcp")}, {{"FACTORY_DATA", folder.string()}});
  for (const char c : modern(1, "tools/list") + "\n") process.write(std::string(1, c));
  CHECK(process.output().next_json()["id"] == 1);
}

TEST_CASE("many lines at once, good and bad", "[hostile]") {
  Unmoved server;
  std::string lines;
  for (int i = 0; i < 100; ++i) {
    lines += modern(i, "prompts/list") + "\n{bad\n" +
             R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":)" +
             std::to_string(i) + "}}\n";
  }
  CHECK(server.after(lines).size() == 200);
  CHECK(server.leave() == 0);
}

TEST_CASE("methods and ids of all kinds", "[hostile]") {
  Unmoved server;
  CHECK(server.error_after(modern(1, "no/such") + "\n") == -32601);
  CHECK(server.error_after(modern(2, "") + "\n") == -32601);
  CHECK(server.error_after(modern(3, std::string(100'000, 'm')) + "\n") == -32601);
  CHECK(server.error_after(modern(std::string(100'000, 'i'), "no/such") + "\n") == -32601);
  CHECK(server.error_after(modern(nullptr, "tools/list") + "\n") == -32600);
  CHECK(server.error_after(modern({{"a", 1}}, "tools/list") + "\n") == -32600);
  CHECK(server.leave() == 0);
}

}  // namespace
}  // namespace factory::test
