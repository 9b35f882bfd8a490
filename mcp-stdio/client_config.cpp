#include "mcp-stdio/client_config.hpp"

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "common/text.hpp"

namespace factory::mcp {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

std::vector<std::string> arguments_of(const Options& options) {
  std::vector<std::string> arguments;
  if (!options.toolsets.empty()) {
    arguments.push_back("--toolsets=" + join(options.toolsets, ",", options.toolsets.size()));
  }
  if (options.read_only) arguments.emplace_back("--read-only");
  if (!options.autostart) arguments.emplace_back("--no-autostart");
  if (options.log_level != Options().log_level) {
    arguments.push_back("--log-level=" + options.log_level);
  }
  return arguments;
}

/// The data folder that a client's process would find by itself: clients hand on HOME, but hardly
/// XDG_DATA_HOME.
std::filesystem::path folder_of_clients() {
  const char* home = std::getenv("HOME");
  return home == nullptr ? std::filesystem::path()
                         : std::filesystem::path(home) / ".local/share/agent-factory";
}

ordered_json environment_of(const BackendLocator& locator) {
  const BackendSettings& settings = locator.settings();
  ordered_json environment = ordered_json::object();
  // The local server is found by its folder, so that it may move to another port.
  const bool local = settings.local() || locator.local_url() == settings.url;
  if (!local) environment["FACTORY_URL"] = *settings.url;
  if (settings.token_file) {
    environment["FACTORY_TOKEN_FILE"] = std::filesystem::absolute(*settings.token_file).string();
  }
  if (!settings.ca_file.empty()) {
    environment["FACTORY_CA_FILE"] = std::filesystem::absolute(settings.ca_file).string();
  }
  if (local && settings.data_folder != folder_of_clients()) {
    environment["FACTORY_DATA"] = settings.data_folder.string();
  }
  return environment;
}

std::string yaml_map(const ordered_json& values) {
  if (values.empty()) return " {}\n";
  std::string text = "\n";
  for (const auto& [name, value] : values.items()) {
    text += "      " + name + ": " + value.dump() + "\n";
  }
  return text;
}

}  // namespace

std::string client_config(const Options& options, const BackendLocator& locator,
                          const std::filesystem::path& program) {
  const std::vector<std::string> arguments = arguments_of(options);
  const ordered_json environment = environment_of(locator);
  if (options.client == "claude") {
    ordered_json server{{"command", program.string()}, {"args", arguments}};
    if (!environment.empty()) server["env"] = environment;
    const ordered_json config{{"mcpServers", {{"agent-factory", server}}}};
    return config.dump(2) + "\n";
  }
  // A string in YAML may be written as in JSON.
  return "extensions:\n"
         "  agent-factory:\n"
         "    enabled: true\n"
         "    type: stdio\n"
         "    name: agent-factory\n"
         "    cmd: " +
         json(program.string()).dump() + "\n    args: " + json(arguments).dump() +
         "\n    envs:" + yaml_map(environment) + "    timeout: 300\n";
}

}  // namespace factory::mcp
