#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "tests/stdio/process.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

namespace factory::test {
namespace {

using nlohmann::json;

/// factory-mcp with an empty data folder.
class Server {
 public:
  explicit Server(std::vector<std::string> options = {}, Process::Environment extra = {})
      : process_(command(std::move(options)), environment(std::move(extra))) {}
  Process* operator->() { return &process_; }

  json ask(const json& id, const std::string& method, json params = json::object()) {
    process_.write_line(modern(id, method, std::move(params)));
    return process_.output().answer_to(id);
  }

 private:
  static std::vector<std::string> command(std::vector<std::string> options) {
    options.insert(options.begin(), {program("factory-mcp"), "--no-autostart"});
    return options;
  }
  Process::Environment environment(Process::Environment extra) const {
    extra.emplace("FACTORY_DATA", data_.string());
    extra.emplace("HOME", data_.string());
    return extra;
  }

  TempDir data_;
  Process process_;
};

TEST_CASE("a process answers, and ends with its input", "[process]") {
  Server server;
  CHECK(server.ask(1, "server/discover")["result"]["supportedVersions"] == json{"2026-07-28"});
  server->close_input();
  CHECK(server->wait() == 0);
  CHECK(server->output().rest().empty());
  CHECK(server->errors().rest().empty());
}

TEST_CASE("requests that were there before the end of the input are answered", "[process]") {
  Server server;
  server->write_line(modern(1, "tools/list"));
  server->write(modern(2, "prompts/list"));  // without the end of the line
  server->close_input();
  CHECK(server->output().next_json()["id"] == 1);
  CHECK(server->output().next_json()["id"] == 2);
  CHECK(server->wait() == 0);
}

TEST_CASE("signals end the process at once, with success", "[process]") {
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
    Server server;
    server.ask(1, "tools/list");
    server->signal(number);
    CHECK(server->wait() == 0);
  }
}

TEST_CASE("nobody who reads: the process ends", "[process]") {
  Server server;
  server.ask(1, "tools/list");
  server->output().close();
  server->write_line(modern(2, "tools/list"));
  CHECK(server->wait() == 0);
}

TEST_CASE("nobody who reads the log: no harm", "[process]") {
  Server closed({"--log-level=debug"});
  closed->errors().close();
  for (int id = 0; id < 50; ++id) closed.ask(id, "tools/call", {{"name", "nope"}});
  closed->close_input();
  CHECK(closed->wait() == 0);
}

TEST_CASE("a client that writes much and reads late gets every answer", "[process]") {
  Server server;
  constexpr int requests = 3'000;
  std::jthread writer([&] {
    for (int id = 0; id < requests; ++id) server->write_line(modern(id, "server/discover"));
    server->close_input();
  });
  for (int id = 0; id < requests; ++id) REQUIRE(server->output().next_json()["id"] == id);
  CHECK(server->wait() == 0);
  writer.join();
}

TEST_CASE("the process ends when its parent dies, with its input still open", "[process]") {
  Pipe input;
  Pipe output;
  const pid_t parent = ::fork();
  REQUIRE(parent >= 0);
  if (parent == 0) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::dup2(input.reading.get(), STDIN_FILENO);
      ::dup2(output.writing.get(), STDOUT_FILENO);
      ::execl(program("factory-mcp").c_str(), "factory-mcp", "--no-autostart", nullptr);
      ::_exit(127);
    }
    // Lives until the child has answered and somebody says so.
    ::pause();
    ::_exit(0);
  }
  const std::string request = modern(1, "tools/list") + "\n";
  REQUIRE(::write(input.writing.get(), request.data(), request.size()) > 0);
  output.writing = mcp::Descriptor();
  Lines lines(std::move(output.reading));
  CHECK(lines.next_json()["id"] == 1);
  ::kill(parent, SIGKILL);
  ::waitpid(parent, nullptr, 0);
  CHECK(lines.rest().empty());  // the stream ends with the process
}

TEST_CASE("files and /dev/null do as streams", "[process]") {
  const TempDir folder;
  const auto input = folder.write("in", modern(1, "tools/list") + "\n");
  const std::string factory_mcp = program("factory-mcp");
  Process from_file({"/bin/sh", "-c",
                     factory_mcp + " <" + input.string() + " >" + folder.string() + "/out; cat " +
                         folder.string() + "/out"},
                    {{"FACTORY_DATA", folder.string()}, {"PATH", "/usr/bin:/bin"}});
  CHECK(from_file.output().next_json()["id"] == 1);
  CHECK(from_file.wait() == 0);
  Process from_null({"/bin/sh", "-c", factory_mcp + " </dev/null"},
                    {{"FACTORY_DATA", folder.string()}});
  CHECK(from_null.wait() == 0);
}

}  // namespace
}  // namespace factory::test
