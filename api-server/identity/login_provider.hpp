#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/clock.hpp"
#include "common/http_client.hpp"
#include "common/result.hpp"
#include "domain/principal.hpp"
#include "identity/login_config.hpp"

namespace factory::identity {

/// Who somebody is, as a provider has proven it.
struct ProvenUser {
  std::string issuer;  ///< with the subject: who it is, for good
  std::string subject;
  std::string name;  ///< what they would like to be called
  std::string display_name;
  std::string email;  ///< empty unless the provider has verified it
  Role role = Role::viewer;
  std::vector<std::string> groups;  ///< of ours
};

/// What a browser is sent to the provider with.
struct AuthorizeRequest {
  std::string redirect_uri;
  std::string state;
  std::string nonce;
  std::string challenge;  ///< PKCE, S256
};

/// What it came back with, and what was kept.
struct Redemption {
  std::string code;
  std::string redirect_uri;
  std::string nonce;
  std::string verifier;
};

/// A place where somebody proves who they are: OpenID Connect (Core 1.0, Discovery 1.0), or OAuth
/// 2.0 with GitHub's API. Calls it over HTTP, within seconds and bounds. Thread-safe.
class LoginProvider {
 public:
  virtual ~LoginProvider() = default;

  [[nodiscard]] virtual const ProviderConfig& config() const = 0;

  /// The address to send the browser to. `unavailable` if the provider cannot be asked.
  virtual Result<std::string> authorize(const AuthorizeRequest& request) = 0;

  /// Redeems the code. `unauthenticated` if the provider or its token is not believed, `forbidden`
  /// if it is somebody whom the configuration does not want, `unavailable` as above.
  virtual Result<ProvenUser> redeem(const Redemption& redemption) = 0;
};

/// `config`, `client` and `clock` must outlive it.
std::unique_ptr<LoginProvider> make_oidc_provider(const ProviderConfig& config, HttpClient& client,
                                                  const Clock& clock);
std::unique_ptr<LoginProvider> make_github_provider(const ProviderConfig& config,
                                                    HttpClient& client);

}  // namespace factory::identity
