#include "mcp-stdio/options.hpp"

#include "mcp-stdio/client_config.hpp"
#include "tests/stdio/process.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

namespace factory::test {
namespace {

using mcp::Options;
using mcp::parse_options;
using nlohmann::json;

TEST_CASE("the options, in both ways to write them", "[options]") {
  const auto options = parse_options(
      {"--toolsets=tasks,,overview", "--read-only", "--log-level", "debug", "--no-autostart"});
  REQUIRE(options.ok());
  CHECK(options->action == Options::Action::serve);
  CHECK(options->toolsets == std::vector<std::string>{"tasks", "overview"});
  CHECK(options->read_only);
  CHECK(options->log_level == "debug");
  CHECK_FALSE(options->autostart);
  CHECK(parse_options({})->toolsets.empty());
  CHECK(parse_options({"-h"})->action == Options::Action::help);
}

TEST_CASE("what is not understood is named, with the nearest word", "[options]") {
  const auto detail = [](const std::vector<std::string>& arguments) {
    const auto options = parse_options(arguments);
    return options.ok() ? std::string("understood") : options.error().detail;
  };
  CHECK(detail({"--toolset", "a"}) == "Unknown option --toolset; did you mean --toolsets?");
  CHECK(detail({"--readonly"}) == "Unknown option --readonly; did you mean --read-only?");
  CHECK(detail({"serve"}) == "Unknown option serve.");
  CHECK(detail({"--toolsets"}) == "The option --toolsets needs a value.");
  CHECK(detail({"--toolsets=,"}) == "The value of --toolsets needs at least one name.");
  CHECK(detail({"--read-only=yes"}) == "The option --read-only takes no value.");
  CHECK_THAT(detail({"--log-level", "warnin"}), contains("did you mean \"warning\"?"));
  CHECK_THAT(detail({"--print-config", "cursor"}), contains("must be one of claude, goose"));
}

/// What the program prints and how it ends.
struct Run {
  Run(std::vector<std::string> arguments, const Process::Environment& environment) {
    arguments.insert(arguments.begin(), program("factory-mcp"));
    Process process(arguments, environment);
    process.close_input();
    for (const std::string& line : process.output().rest()) output += line + "\n";
    for (const std::string& line : process.errors().rest()) errors += line + "\n";
    code = process.wait();
  }
  std::string output;
  std::string errors;
  int code = -1;
};

TEST_CASE("the program says what is wrong on stderr, and ends with 2", "[options]") {
  const TempDir folder;
  const Process::Environment plain{{"FACTORY_DATA", folder.string()}};
  for (const Run& run :
       {Run({"--tolsets", "x"}, plain), Run({"--toolsets", "task"}, plain),
        Run({}, {{"FACTORY_DATA", folder.string()}, {"FACTORY_URL", "ftp://x"}}),
        Run({}, {{"FACTORY_DATA", folder.string()}, {"FACTORY_TOKEN", "a b"}}), Run({}, {})}) {
    INFO(run.errors);
    CHECK(run.code == 2);
    CHECK(run.output.empty());
    CHECK_THAT(run.errors, contains("factory-mcp: "));
  }
  CHECK_THAT(Run({"--toolsets", "task"}, plain).errors, contains("did you mean tasks?"));
}

TEST_CASE("version and help", "[options]") {
  const Run version({"--version"}, {});
  CHECK(version.code == 0);
  CHECK_THAT(version.output, contains("factory-mcp 0."));
  const Run help({"--help"}, {});
  CHECK(help.code == 0);
  for (const char* word : {"--toolsets", "--read-only", "--no-autostart", "--log-level",
                           "--print-config", "FACTORY_URL", "FACTORY_TOKEN_FILE"}) {
    CHECK_THAT(help.output, contains(word));
  }
}

TEST_CASE("the configuration for Claude can be pasted as it is", "[options]") {
  const TempDir home;
  const Run plain({"--print-config", "claude"}, {{"HOME", home.string()}});
  CHECK(plain.code == 0);
  CHECK(
      json::parse(plain.output) ==
      json{{"mcpServers",
            {{"agent-factory", {{"command", program("factory-mcp")}, {"args", json::array()}}}}}});
  const Run full({"--print-config=claude", "--read-only", "--toolsets=tasks,overview"},
                 {{"HOME", home.string()},
                  {"FACTORY_URL", "https://factory.example.com/"},
                  {"FACTORY_TOKEN_FILE", "/etc/factory.key"},
                  {"FACTORY_TOKEN", "never-shown"}});
  const json server = json::parse(full.output)["mcpServers"]["agent-factory"];
  CHECK(server["args"] == json{"--toolsets=tasks,overview", "--read-only"});
  CHECK(server["env"] == json{{"FACTORY_URL", "https://factory.example.com"},
                              {"FACTORY_TOKEN_FILE", "/etc/factory.key"}});
  CHECK(full.output.find("never-shown") == std::string::npos);
}

TEST_CASE("a local server is named by its folder, not by its port", "[options]") {
  const TempDir folder;
  folder.write("server.json", json{{"url", "http://127.0.0.1:4711"}, {"pid", ::getpid()}}.dump());
  const Run run({"--print-config", "goose"}, {{"HOME", "/nowhere"},
                                              {"FACTORY_DATA", folder.string()},
                                              {"FACTORY_URL", "http://127.0.0.1:4711"}});
  CHECK(run.output ==
        "extensions:\n"
        "  agent-factory:\n"
        "    enabled: true\n"
        "    type: stdio\n"
        "    name: agent-factory\n"
        "    cmd: \"" +
            program("factory-mcp") +
            "\"\n"
            "    args: []\n"
            "    envs:\n"
            "      FACTORY_DATA: \"" +
            folder.string() +
            "\"\n"
            "    timeout: 300\n");
  const Run plain({"--print-config", "goose"}, {{"HOME", "/nowhere"}});
  CHECK_THAT(plain.output, contains("    envs: {}\n"));
}

}  // namespace
}  // namespace factory::test
