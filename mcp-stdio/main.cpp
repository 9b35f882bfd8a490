#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <exception>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/catalog.hpp"
#include "common/embedded.hpp"
#include "common/log.hpp"
#include "common/mcp/features.hpp"
#include "common/otlp.hpp"
#include "common/schema.hpp"
#include "common/text.hpp"
#include "common/version.hpp"
#include "mcp-stdio/autostart.hpp"
#include "mcp-stdio/backend.hpp"
#include "mcp-stdio/bridge.hpp"
#include "mcp-stdio/client_config.hpp"
#include "mcp-stdio/options.hpp"
#include "mcp-stdio/stdio_transport.hpp"

namespace {

using namespace factory;
using namespace factory::mcp;

constexpr int exit_usage = 2;

/// Who this server says it is: schemas/server.json.
FeatureOptions identity() {
  const auto files = embedded_schemas();
  const auto file = std::ranges::find(files, "server.json", &EmbeddedFile::path);
  if (file == files.end()) throw std::runtime_error("schemas/server.json is missing");
  const auto said = nlohmann::json::parse(file->text);
  FeatureOptions options;
  options.name = said.at("name");
  options.title = said.at("title");
  options.description = said.at("description");
  options.instructions = said.at("instructions");
  options.version = version();
  return options;
}

int complain(const Error& error) {
  std::cerr << "factory-mcp: " << error.detail << "\n";
  if (!error.hint.empty()) std::cerr << error.hint << "\n";
  return exit_usage;
}

Status check_toolsets(const Catalog& catalog, const Options& options) {
  std::vector<std::string> known;
  for (const Tool& tool : catalog.tools()) {
    if (std::ranges::find(known, tool.toolset) == known.end()) known.push_back(tool.toolset);
  }
  for (const std::string& name : options.toolsets) {
    if (std::ranges::find(known, name) != known.end()) continue;
    const std::string near = nearest(name, known);
    return Error{
        ErrorCode::invalid_request,
        "There is no toolset " + name + (near.empty() ? "." : "; did you mean " + near + "?"),
        "The toolsets are " + join(known) + ".",
        {},
        {}};
  }
  return Done{};
}

int serve(const Options& options, BackendSettings settings) {
  const auto catalog = Catalog::embedded(CatalogExtent::client);
  if (const Status fine = check_toolsets(*catalog, options); !fine) return complain(fine.error());
  Bridge bridge(catalog, std::move(settings), options.autostart);
  FeatureOptions shown = identity();
  shown.toolsets = options.toolsets;
  shown.read_only = options.read_only;
  std::unique_ptr<SpanExporter> spans;
  if (auto wanted = OtlpSettings::from_environment(otel_environment(), "factory-mcp")) {
    spans = std::make_unique<SpanExporter>(std::move(*wanted));
  }
  shown.spans = spans.get();
  const Features features(catalog, std::move(shown), bridge);
  if (::isatty(STDIN_FILENO) == 1) {
    std::cerr << "factory-mcp speaks JSON-RPC, one message a line, and is meant to be started by "
                 "an MCP client (see --print-config). Ctrl-D ends it.\n";
  }
  serve_stdio(features, STDIN_FILENO, STDOUT_FILENO);
  return 0;
}

int run(const std::vector<std::string>& arguments) {
  const Result<Options> options = parse_options(arguments);
  if (!options) return complain(options.error());
  if (options->action == Options::Action::version) {
    std::cout << "factory-mcp " << version() << "\n";
    return 0;
  }
  if (options->action == Options::Action::help) {
    std::cout << help_text();
    return 0;
  }
  Result<BackendSettings> settings = BackendSettings::from_environment();
  if (!settings) return complain(settings.error());
  if (options->action == Options::Action::print_config) {
    std::cout << client_config(*options, BackendLocator(*settings), own_path());
    return 0;
  }
  set_log_level(options->log_level);
  return serve(*options, std::move(*settings));
}

}  // namespace

/// Exit codes: 0 served (or printed) and done, 1 failed, 2 wrong options or environment.
int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return run({argv + 1, argv + argc});
  } catch (const std::exception& failure) {
    std::cerr << "factory-mcp: " << failure.what() << "\n";
    return 1;
  }
}
