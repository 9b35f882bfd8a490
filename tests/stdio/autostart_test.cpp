#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <optional>

#include "tests/stdio/process.hpp"
#include "tests/stdio/tcp_server.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

namespace factory::test {
namespace {

using nlohmann::json;

constexpr const char* summary_uri = "factory://dashboard/summary";

/// factory-mcp, installed beside a factory-api that is a script of the test's.
class Installation {
 public:
  explicit Installation(const std::string& script) {
    std::filesystem::copy_file(program("factory-mcp"), folder_ / "bin-mcp");
    std::filesystem::create_directory(folder_ / "bin");
    std::filesystem::rename(folder_ / "bin-mcp", folder_ / "bin/factory-mcp");
    ::chmod(folder_.write("bin/factory-api", "#!/bin/sh\n" + script).c_str(), 0755);
  }
  ~Installation() {
    if (const auto pid = server_pid()) ::kill(*pid, SIGKILL);
  }
  Installation(const Installation&) = delete;
  Installation& operator=(const Installation&) = delete;

  [[nodiscard]] std::vector<std::string> command(const std::string& option = "") const {
    std::vector<std::string> words{(folder_ / "bin/factory-mcp").string()};
    if (!option.empty()) words.push_back(option);
    return words;
  }
  [[nodiscard]] Process::Environment environment(const std::string& url = "") const {
    return {{"FACTORY_DATA", data().string()}, {"PATH", "/usr/bin:/bin"}, {"TEST_URL", url}};
  }
  [[nodiscard]] std::filesystem::path data() const { return folder_ / "data"; }
  [[nodiscard]] std::vector<std::string> lines(const std::string& file) const {
    std::ifstream stream(data() / file);
    std::vector<std::string> all;
    for (std::string line; std::getline(stream, line);) all.push_back(line);
    return all;
  }
  [[nodiscard]] std::optional<pid_t> server_pid() const {
    const auto pids = lines("starts");
    return pids.empty() ? std::nullopt : std::optional<pid_t>(std::stoi(pids.front()));
  }

 private:
  TempDir folder_;
};

/// Does what `factory-api serve` promises: its files, the ready line, and then it lives on.
constexpr const char* good = R"(
umask 077
echo $$ >>"$FACTORY_DATA/starts"
echo "$@" >"$FACTORY_DATA/arguments"
echo local-key >"$FACTORY_DATA/mcp.key"
echo "{\"url\":\"$TEST_URL\",\"pid\":$$}" >"$FACTORY_DATA/server.json"
echo "serving" >&2
echo "{\"event\":\"ready\",\"url\":\"$TEST_URL\"}"
exec sleep 60
)";

json read_summary(Process& process, const json& id) {
  process.write_line(modern(id, "resources/read", {{"uri", summary_uri}}));
  return process.output().answer_to(id);
}

TEST_CASE("the first call starts the server, listings do not", "[autostart]") {
  Responder api("{\"fine\":true}");
  const Installation installed(good);
  Process process(installed.command(), installed.environment(api.url()));
  process.write_line(modern(1, "tools/list"));
  CHECK(process.output().answer_to(1).contains("result"));
  CHECK(installed.lines("starts").empty());
  CHECK_FALSE(std::filesystem::exists(installed.data()));

  const json answer = read_summary(process, 2);
  CHECK(answer["result"]["contents"][0]["text"] == "{\"fine\":true}");
  CHECK(read_summary(process, 3).contains("result"));
  CHECK(installed.lines("starts").size() == 1);
  CHECK(installed.lines("arguments") ==
        std::vector<std::string>{"serve --data " + installed.data().string() +
                                 " --listen 127.0.0.1:0"});
  CHECK(installed.lines("server.log") == std::vector<std::string>{"serving"});
  struct stat info {};
  REQUIRE(::stat((installed.data() / "server.log").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
  REQUIRE(::stat(installed.data().c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0700);

  // It is nobody's child, in a session of its own, with nothing inherited, and lives on.
  const pid_t server = installed.server_pid().value();
  CHECK(::getsid(server) != ::getsid(process.pid()));
  for (const auto& entry :
       std::filesystem::directory_iterator("/proc/" + std::to_string(server) + "/fd")) {
    const int fd = std::stoi(entry.path().filename().string());
    CHECK((fd <= 2 || fd >= 10));  // the shell keeps its own from 10 on
    if (fd == 0) CHECK(std::filesystem::read_symlink(entry) == "/dev/null");
  }
  process.close_input();
  CHECK(process.wait() == 0);
  CHECK(::kill(server, 0) == 0);
}

TEST_CASE("two processes at the same time start one server", "[autostart]") {
  Responder api("{}");
  const Installation installed(good);
  Process first(installed.command(), installed.environment(api.url()));
  Process second(installed.command(), installed.environment(api.url()));
  for (int id = 0; id < 4; ++id) {
    for (Process* process : {&first, &second}) {
      process->write_line(modern(id, "resources/read", {{"uri", summary_uri}}));
    }
  }
  for (Process* process : {&first, &second}) {
    for (int id = 0; id < 4; ++id) CHECK(process->output().next_json().contains("result"));
  }
  CHECK(installed.lines("starts").size() == 1);
}

TEST_CASE("a server that cannot start says why, and is tried once", "[autostart]") {
  const Installation installed(
      "echo $$ >>\"$FACTORY_DATA/starts\"\n"
      "echo '{\"message\":\"the disk is full\"}' >&2\nexit 1\n");
  Process process(installed.command(), installed.environment());
  const json first = read_summary(process, 1);
  CHECK(first["error"]["code"] == -32603);
  CHECK_THAT(first["error"]["message"].get<std::string>(), contains("the disk is full"));
  CHECK_THAT(first["error"]["message"].get<std::string>(), contains("factory-api serve"));
  CHECK(read_summary(process, 2).contains("error"));
  CHECK(installed.lines("starts").size() == 1);
}

TEST_CASE("told not to start a server, it says how to start one", "[autostart]") {
  const Installation installed(good);
  Process process(installed.command("--no-autostart"), installed.environment());
  const json answer = read_summary(process, 1);
  CHECK_THAT(answer["error"]["message"].get<std::string>(), contains("factory-api serve"));
  CHECK_FALSE(std::filesystem::exists(installed.data()));
}

TEST_CASE("a server of another place is never started", "[autostart]") {
  TcpServer nobody;
  const std::string url = nobody.url();
  nobody.close();
  const Installation installed(good);
  auto environment = installed.environment();
  environment["FACTORY_URL"] = url;
  environment["FACTORY_TOKEN"] = "key";
  Process process(installed.command(), environment);
  CHECK_THAT(read_summary(process, 1)["error"]["message"].get<std::string>(), contains(url));
  CHECK_FALSE(std::filesystem::exists(installed.data()));
}

TEST_CASE("waiting for a server that does not get ready can be ended", "[autostart]") {
  const Installation installed("echo $$ >>\"$FACTORY_DATA/starts\"\nexec sleep 60\n");
  Process process(installed.command(), installed.environment());
  process.write_line(modern(1, "resources/read", {{"uri", summary_uri}}));
  process.write_line(
      R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}})");
  process.write_line(modern(2, "tools/list"));
  CHECK(process.output().next_json()["id"] == 2);
  process.write_line(modern(3, "resources/read", {{"uri", summary_uri}}));
  process.signal(SIGTERM);
  CHECK(process.wait() == 0);
  CHECK(process.output().rest().empty());
}

}  // namespace
}  // namespace factory::test
