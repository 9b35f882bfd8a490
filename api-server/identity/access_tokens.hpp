#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "common/clock.hpp"
#include "common/digest.hpp"
#include "domain/principal.hpp"
#include "identity/access_claims.hpp"
#include "identity/jwt.hpp"
#include "identity/keyring.hpp"
#include "identity/registry.hpp"

namespace factory::identity {

/// Access tokens: JWTs signed with ES256 that live for 15 minutes. Thread-safe.
class AccessTokens {
 public:
  /// The references must outlive it.
  AccessTokens(const Keyring& keyring, const Registry& registry, const Clock& clock,
               std::string issuer);

  struct Issued {
    std::string token;
    Time expires_at{};
  };
  [[nodiscard]] Issued issue(const std::string& user, const std::string& session) const;

  /// Who sends this token, as the user and the session stand now; `unauthenticated` if it is not
  /// one of ours, is over, or the session or its user is. Never throws.
  [[nodiscard]] Result<Principal> open(std::string_view token) const;

 private:
  [[nodiscard]] Result<AccessClaims> read(std::string_view token, Time now) const;
  [[nodiscard]] std::optional<AccessClaims> remembered(const Hash& hash) const;
  void remember(const Hash& hash, const AccessClaims& claims) const;

  const Keyring& keyring_;
  const Registry& registry_;
  const Clock& clock_;
  std::string issuer_;
  // Signatures that were right: to check one costs more than all the rest of a request. Two
  // generations, so that what is not used any more goes.
  mutable std::mutex mutex_;
  mutable std::map<Hash, AccessClaims> young_;
  mutable std::map<Hash, AccessClaims> old_;
};

}  // namespace factory::identity
