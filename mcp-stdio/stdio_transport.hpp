#pragma once

#include <chrono>
#include <cstddef>

#include "common/mcp/features.hpp"

namespace factory::mcp {

struct TransportOptions {
  std::size_t max_line = 16U << 20U;  ///< bytes of one message
  std::size_t threads = 8;            ///< backend calls at one time
  std::size_t waiting = 256;          ///< calls that wait for a thread; more are refused
  /// After the end of the input, how long calls that are under way may still be answered.
  std::chrono::milliseconds grace{1'500};
  /// How often to look whether the parent process still lives.
  std::chrono::milliseconds parent_check{500};
};

/// Serves one client over two file descriptors, one message a line (MCP "stdio"). Nothing else is
/// written to `output`. Comes back when the input ends, on SIGTERM, SIGINT or SIGHUP, when the
/// parent dies, or when nobody reads `output` any more. SIGPIPE must be ignored by the caller.
/// The descriptors are not closed, and blocking again afterwards if they were before.
void serve_stdio(const Features& features, int input, int output,
                 const TransportOptions& options = {});

}  // namespace factory::mcp
