#pragma once

#include <atomic>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>

#include "common/http_client.hpp"
#include "common/result.hpp"
#include "mcp-stdio/backend.hpp"
#include "mcp-stdio/descriptor.hpp"

namespace factory::mcp {

/// Starts the local server when a call finds none. At most once per process, as a daemon whose
/// errors go to server.log in the data folder, and safe between processes and threads: who holds
/// autostart.lock starts it, the others wait and find what was started. Thread-safe.
class Autostart {
 public:
  /// `locator` and `client` must outlive this. `enabled` false: ensure() only looks whether one
  /// answers.
  Autostart(const BackendLocator& locator, HttpClient& client, bool enabled);

  /// Comes back when a server answers, when it is clear that none will (after at most 20 s), or
  /// soon after `stop` is requested. The error says why there is none and what to do.
  Status ensure(const std::stop_token& stop);

 private:
  [[nodiscard]] bool answers(const std::stop_token& stop) const;
  [[nodiscard]] Result<Descriptor> lock(const std::stop_token& stop) const;
  [[nodiscard]] Status start(const std::stop_token& stop) const;
  [[nodiscard]] std::filesystem::path log_file() const;

  const BackendLocator& locator_;
  HttpClient& client_;
  bool enabled_;
  std::atomic<bool> tried_ = false;
};

/// The program of this name beside the running one, else in PATH; nothing if there is none.
std::optional<std::filesystem::path> find_program(const std::string& name);

/// The absolute path of the running program.
std::filesystem::path own_path();

}  // namespace factory::mcp
