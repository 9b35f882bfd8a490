#pragma once

#include <string>
#include <vector>

#include "common/result.hpp"

namespace factory::mcp {

/// What the command line says.
struct Options {
  enum class Action { serve, version, help, print_config };
  Action action = Action::serve;
  std::vector<std::string> toolsets;  ///< empty: all
  bool read_only = false;
  bool autostart = true;
  std::string log_level = "warning";
  std::string client;  ///< of print_config: "claude" or "goose"
};

/// Reads the arguments (without the program's name). Values come as `--name value` or
/// `--name=value`. The error names what was not understood and the nearest known word.
Result<Options> parse_options(const std::vector<std::string>& arguments);

/// The text of --help.
std::string help_text();

}  // namespace factory::mcp
