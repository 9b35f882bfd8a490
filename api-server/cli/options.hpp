#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/config.hpp"

namespace factory::cli {

/// What `factory-api serve` can be told, by flag, environment or configuration file.
std::span<const Setting> serve_settings();

enum class Action {
  serve,
  key_create,
  key_list,
  key_revoke,
  key_rotate,
  key_rotate_signing,
  user_create,
  user_list,
  user_set_password,
  audit_verify,
  audit_export,
  archive_run,
  rebuild,
  backup,
  gc,
  version,
  nothing,  ///< help was printed
};

struct Options {
  Action action = Action::nothing;
  std::map<std::string, std::string> flags;  ///< of serve, as given
  std::string data;                          ///< --data; empty: environment or default
  std::string config;                        ///< --config
  // key and user
  std::string name;
  std::string role;
  std::vector<std::string> groups;
  std::string channel = "rest";
  std::vector<std::string> scopes;
  std::string expires_at;
  int overlap_minutes = 60;
  std::string display_name;
  std::string email;
  std::string password_file;  ///< "-": the standard input
  std::string key_id;
  std::string reason;
  // audit, rebuild, backup
  std::string file;
  std::string public_key;
  bool check = false;
  int older_than_days = 0;
  bool dry_run = false;
};

/// Reads the command line. On a mistake, prints what was not understood with the nearest known
/// word to stderr and gives the exit code instead; 0 after --help.
std::optional<int> parse_options(int argc, const char* const* argv, Options& options);

}  // namespace factory::cli
