#include "mcp-stdio/options.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "common/schema.hpp"
#include "common/text.hpp"

// A table of our own and not CLI11: the process starts anew for each connection of a client, and
// clients connect twice.

namespace factory::mcp {
namespace {

struct Option {
  std::string_view name;
  std::string_view value;  ///< what the help calls it; empty: takes none
  std::string_view help;
  /// Says what is wrong with the value; empty if nothing is.
  std::string (*apply)(Options&, const std::string& value);
};

const std::vector<std::string>& log_levels() {
  static const std::vector<std::string> names{"debug", "info", "warning", "error"};
  return names;
}

const std::vector<std::string>& clients() {
  static const std::vector<std::string> names{"claude", "goose"};
  return names;
}

/// Takes `value` into `member` if it is one of `known`.
std::string choose(std::string& member, const std::string& value,
                   const std::vector<std::string>& known) {
  if (std::ranges::find(known, value) == known.end()) {
    const std::string near = nearest(value, known);
    return "must be one of " + join(known) + ", not \"" + value + "\"" +
           (near.empty() ? "" : "; did you mean \"" + near + "\"?");
  }
  member = value;
  return {};
}

std::string set_toolsets(Options& options, const std::string& value) {
  std::string_view rest = value;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(','), rest.size());
    if (end > 0) options.toolsets.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return options.toolsets.empty() ? "needs at least one name" : "";
}

constexpr std::array<Option, 7> table{{
    {"--toolsets", "A,B", "show only the tools of these sets (default: all)", &set_toolsets},
    {"--read-only", "", "show only tools that change nothing",
     [](Options& options, const std::string&) {
       options.read_only = true;
       return std::string();
     }},
    {"--no-autostart", "", "do not start a local factory-api when none answers",
     [](Options& options, const std::string&) {
       options.autostart = false;
       return std::string();
     }},
    {"--log-level", "LEVEL", "debug, info, warning (default) or error; the log goes to stderr",
     [](Options& options, const std::string& value) {
       return choose(options.log_level, value, log_levels());
     }},
    {"--print-config", "CLIENT", "print the configuration for claude or goose, and exit",
     [](Options& options, const std::string& value) {
       options.action = Options::Action::print_config;
       return choose(options.client, value, clients());
     }},
    {"--version", "", "print the version, and exit",
     [](Options& options, const std::string&) {
       options.action = Options::Action::version;
       return std::string();
     }},
    {"--help", "", "print this, and exit",
     [](Options& options, const std::string&) {
       options.action = Options::Action::help;
       return std::string();
     }},
}};

Error misused(std::string detail) {
  return Error{ErrorCode::invalid_request,
               std::move(detail),
               "`factory-mcp --help` lists the options.",
               {},
               {}};
}

Error unknown(const std::string& word) {
  std::vector<std::string> names;
  for (const Option& option : table) names.emplace_back(option.name);
  const std::string near = nearest(word, names);
  return misused("Unknown option " + word + (near.empty() ? "." : "; did you mean " + near + "?"));
}

}  // namespace

Result<Options> parse_options(const std::vector<std::string>& arguments) {
  Options options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string name = arguments[i] == "-h" ? "--help" : arguments[i];
    std::optional<std::string> value;
    if (const std::size_t equals = name.find('='); equals != std::string::npos) {
      value = name.substr(equals + 1);
      name.resize(equals);
    }
    const auto* option = std::ranges::find(table, name, &Option::name);
    if (option == table.end()) return unknown(name);
    const bool wants_value = !option->value.empty();
    if (!wants_value && value) return misused("The option " + name + " takes no value.");
    if (wants_value && !value) {
      if (i + 1 == arguments.size()) return misused("The option " + name + " needs a value.");
      value = arguments[++i];
    }
    if (const std::string wrong = option->apply(options, value.value_or("")); !wrong.empty()) {
      return misused("The value of " + name + " " + wrong + ".");
    }
  }
  return options;
}

std::string help_text() {
  std::string text =
      "usage: factory-mcp [OPTION...]\n\n"
      "Serves the tools, resources and prompts of Agent Factory over the Model Context Protocol\n"
      "on standard input and output. An MCP client starts it; --print-config says how.\n\n";
  for (const Option& option : table) {
    std::string left = "  " + std::string(option.name);
    if (!option.value.empty()) left += " " + std::string(option.value);
    left.resize(std::max<std::size_t>(left.size() + 2, 26), ' ');
    text += left + std::string(option.help) + "\n";
  }
  return text +
         "\nenvironment:\n"
         "  FACTORY_URL             the server; without it, the one of the data folder\n"
         "  FACTORY_TOKEN_FILE      a file (mode 0600) with the key for it\n"
         "  FACTORY_TOKEN           the key itself\n"
         "  FACTORY_CA_FILE         PEM file of the authority that signed the server's "
         "certificate\n"
         "  FACTORY_DATA            the data folder (default: $XDG_DATA_HOME/agent-factory)\n";
}

}  // namespace factory::mcp
