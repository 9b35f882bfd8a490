#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/clock.hpp"
#include "http/handlers.hpp"
#include "identity/login_config.hpp"
#include "identity/login_provider.hpp"
#include "identity/pending_logins.hpp"

namespace factory::identity {

/// Signs in whom a provider has proven, and gives the answer's document: tokens and user.
using SignInProven = std::function<Result<nlohmann::json>(
    const ProvenUser& user, const ProviderConfig& provider, const http::Request& request)>;

struct LoginParts {
  LoginConfig config;
  const Clock& clock;
  /// The address that browsers know this server by, without a slash at its end.
  std::function<std::string()> public_url;
  SignInProven sign_in;
};

/// Logins at other houses: OAuth 2.0 authorisation code with PKCE (RFC 6749, 7636, 9207; RFC 9700
/// on what can go wrong). Each login belongs to the browser that began it, by a cookie, and its
/// state works once. Thread-safe; must outlive the handlers.
class Logins {
 public:
  explicit Logins(LoginParts parts);
  ~Logins();

  void bind(http::Handlers& handlers);

 private:
  Result<http::Answer> providers() const;
  Result<http::Answer> start(const http::Request& request);
  Result<http::Answer> callback(const http::Request& request);
  Result<nlohmann::json> finish(const http::Request& request, const PendingLogin& login,
                                LoginProvider& provider);
  [[nodiscard]] Result<LoginProvider*> find(const http::Request& request) const;
  [[nodiscard]] std::string redirect_uri(const ProviderConfig& provider) const;

  const LoginParts parts_;
  HttpClient client_;
  PendingLogins pending_;
  std::vector<std::unique_ptr<LoginProvider>> providers_;
};

}  // namespace factory::identity
