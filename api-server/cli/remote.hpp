#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "common/result.hpp"

namespace factory::cli {

/// A variable of the environment; empty if it is not set.
std::string variable(const char* name);

/// The server that runs on a data folder, and the owner's token for it.
struct Running {
  std::string url;
  std::string token;
  std::string
      ca_file;  ///< PEM of the authorities that its certificate may come from; empty: the system's
};

/// nullopt if none answers. Throws std::runtime_error if its certificate is not trusted or the
/// owner's key cannot be read.
std::optional<Running> running_server(const std::string& data);

/// Calls the server and gives its answer, or what it refused with. An empty body sends none.
Result<nlohmann::json> call_server(const Running& server, const std::string& method,
                                   const std::string& path, const nlohmann::json& body);

/// Prints the error to the standard error and gives the exit code 1.
int refuse(const Error& error);
/// Prints the document, or why there is none, and gives the exit code.
int print_answer(const Result<nlohmann::json>& answer);

}  // namespace factory::cli
