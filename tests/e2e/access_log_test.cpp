#include <csignal>
#include <sstream>

#include "tests/e2e/program.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

namespace factory::test {
namespace {

using nlohmann::json;

const std::string trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";

/// The log lines about requests of a server that was run with this setting.
std::vector<json> request_lines(const std::string& setting) {
  const TempDir folder;
  Program program(
      {"serve", "--listen", "127.0.0.1:0", "--data", folder / "data", "--access-log", setting});
  const std::string url = program.ready_url();
  Api owner(url, token_in(folder / "data"));
  const std::vector<std::pair<std::string, std::string>> headers{
      {"X-Request-Id", "mine-1"}, {"traceparent", "00-" + trace_id + "-00f067aa0ba902b7-01"}};
  CHECK(owner.send("GET", "/v1/tasks/task_none", "", headers).status == 404);
  CHECK(owner.get("/v1/whoami?token=not-to-be-seen").status == 400);
  program.signal(SIGTERM);
  REQUIRE(program.wait() == 0);
  std::vector<json> lines;
  std::istringstream errors(program.errors());
  for (std::string line; std::getline(errors, line);) {
    CHECK(line.find("not-to-be-seen") == std::string::npos);
    json parsed = json::parse(line);
    if (parsed["message"] == "request") lines.push_back(std::move(parsed));
  }
  return lines;
}

}  // namespace

TEST_CASE("access log: one JSON line for each request, with what it takes to find it elsewhere") {
  const std::vector<json> lines = request_lines("all");
  REQUIRE(lines.size() == 2);
  const json& first = lines.front();
  CHECK(first["level"] == "info");
  CHECK(first["method"] == "GET");
  CHECK(first["path"] == "/v1/tasks/task_none");
  CHECK(first["operation"] == "task.get");
  CHECK(first["status"] == "404");
  CHECK(first["principal"] == "owner");
  CHECK(first["request_id"] == "mine-1");
  CHECK(first["trace_id"] == trace_id);
  CHECK(std::stoi(first["microseconds"].get<std::string>()) >= 0);
}

TEST_CASE("access log: only failures of the server, unless asked for") {
  CHECK(request_lines("failed").empty());
  CHECK(request_lines("none").empty());
}

}  // namespace factory::test
