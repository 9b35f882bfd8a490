#pragma once

#include <filesystem>
#include <string>

#include "mcp-stdio/backend.hpp"
#include "mcp-stdio/options.hpp"

namespace factory::mcp {

/// What to paste into the configuration of a client: a JSON document for Claude Desktop, YAML for
/// Goose. Names `program` by its absolute path, carries the options given beside --print-config,
/// and as environment what a client would not have. Never holds a key.
std::string client_config(const Options& options, const BackendLocator& locator,
                          const std::filesystem::path& program);

}  // namespace factory::mcp
