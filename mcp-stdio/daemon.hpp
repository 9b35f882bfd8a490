#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "mcp-stdio/descriptor.hpp"

namespace factory::mcp {

/// Starts `command` (an absolute path and its arguments) as a daemon: a grandchild in a session of
/// its own, with default signals, its input /dev/null, its errors appended to `log_file` (made
/// with mode 0600), and no other descriptor than the pipe that its standard output is.
/// @return the reading end of that pipe; it ends when the program has closed its output or died
Result<Descriptor> start_daemon(const std::vector<std::string>& command,
                                const std::filesystem::path& log_file);

}  // namespace factory::mcp
