#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/result.hpp"

namespace factory::mcp {

/// Where the server is to be found, as the environment says it.
struct BackendSettings {
  std::optional<std::string> url;         ///< FACTORY_URL, without a slash at its end
  std::optional<std::string> token;       ///< FACTORY_TOKEN
  std::optional<std::string> token_file;  ///< FACTORY_TOKEN_FILE
  std::filesystem::path data_folder;      ///< FACTORY_DATA, else common/paths.hpp's default
  std::string ca_file;                    ///< FACTORY_CA_FILE; empty: the system's authorities

  /// Reads the environment. Empty variables count as unset. The error names the variable whose
  /// value cannot be used.
  static Result<BackendSettings> from_environment();

  /// True if the server is the one of the data folder on this machine.
  [[nodiscard]] bool local() const { return !url.has_value(); }
};

/// A server and the key for it.
struct Endpoint {
  std::string url;  ///< without a slash at its end
  std::string token;
};

/// Finds the server: FACTORY_URL, or the one that server.json in the data folder names. Looks at
/// the files anew each time; thread-safe.
class BackendLocator {
 public:
  explicit BackendLocator(BackendSettings settings) : settings_(std::move(settings)) {}

  [[nodiscard]] const BackendSettings& settings() const { return settings_; }

  /// `unavailable` if no server is known; `unauthenticated` if there is no key for it, or its file
  /// may be read by others. Says in every case what to do.
  [[nodiscard]] Result<Endpoint> find() const;

  /// The address in server.json; nothing if no server has left one, or if the process that did
  /// is gone (what listens there now may be another's program, which must not get the key).
  [[nodiscard]] std::optional<std::string> local_url() const;

 private:
  [[nodiscard]] Result<std::string> token(std::string_view url) const;

  BackendSettings settings_;
};

}  // namespace factory::mcp
