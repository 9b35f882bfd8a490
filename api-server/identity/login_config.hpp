#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"
#include "domain/principal.hpp"

namespace factory::identity {

enum class ProviderKind { oidc, github };

/// One place where somebody may prove who they are.
struct ProviderConfig {
  std::string name;  ///< as it stands in addresses: lower case letters, digits and dashes
  std::string title;
  ProviderKind kind = ProviderKind::oidc;
  std::string issuer;  ///< oidc: where it is described; github: what its users are told apart by
  // github: its addresses. oidc: they are discovered.
  std::string authorize_url, token_url, user_url, emails_url, groups_url;
  std::string client_id;
  std::string client_secret;    ///< empty: a public client
  bool secret_in_body = false;  ///< client_secret_post instead of client_secret_basic
  std::vector<std::string> scopes;
  std::string name_claim;  ///< what a new user is called by
  std::string groups_claim;
  std::map<std::string, Role> roles;  ///< group there -> role here; the mightiest counts
  Role default_role = Role::viewer;
  std::map<std::string, std::string> groups;  ///< group there -> group here
  bool sign_up = false;                       ///< whoever comes for the first time becomes a user
  std::vector<std::string> allowed_domains;   ///< of verified addresses; empty: any
  std::string ca_file;                        ///< PEM; empty: the system's authorities
};

struct LoginConfig {
  std::vector<ProviderConfig> providers;
  std::vector<std::string> after_login;  ///< addresses that a login may end at
};

/// Reads the configuration of logins from a JSON file that nobody else may read: it may hold
/// secrets. `not_found` if there is no such file; `invalid_request` that names every field that is
/// wrong.
Result<LoginConfig> read_login_config(const std::string& file);

/// The same of text. Files that it names are read.
Result<LoginConfig> parse_login_config(std::string_view text);

/// True for https addresses, and for http ones of this machine itself.
bool is_safe_address(std::string_view url);

}  // namespace factory::identity
