#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.hpp"
#include "common/digest.hpp"
#include "common/result.hpp"
#include "domain/principal.hpp"
#include "http/message.hpp"

namespace factory::http {

/// What is known of a key.
struct Credential {
  /// One secret that opens it.
  struct Secret {
    Hash hash{};         ///< of the whole token
    bool keyed = false;  ///< hashed with the server's secret, else SHA-256 alone
    std::optional<Time> until;
    int number = 0;  ///< of the key's secrets; the first is 0
  };
  std::vector<Secret> secrets;  ///< the one that stands and, for a while, the one before
  Principal principal;
  bool revoked = false;
  std::optional<Time> expires_at;
  /// When it was last used, in milliseconds; shared by all copies, 0: not known.
  std::shared_ptr<std::atomic<std::int64_t>> last_used;
};

/// The key with this id ("key_0190…"); nullptr if there is none. Called from many threads.
using FindKey = std::function<std::shared_ptr<const Credential>(const std::string& key_id)>;

/// Whoever sent a request with this head, or `unauthenticated`. Called from many threads.
using Authenticate = std::function<Result<Principal>(const Head&)>;

/// What authentication works with. Only `find_key` is needed; without `clock` nothing expires.
struct AuthParts {
  FindKey find_key;
  std::function<Hash(std::string_view token)> keyed_hash;
  const Clock* clock = nullptr;
  /// The user of a session by its access token (RFC 7519), or `unauthenticated`.
  std::function<Result<Principal>(std::string_view token)> open_token;
};

/// "af_<id of the key without its prefix>_<secret>": what stands in a key file.
std::string make_token(std::string_view key_id, std::string_view secret);

/// The id of the key that a token claims to be; nullopt if it is no token.
std::optional<std::string> key_id_of(std::string_view token);

/// Whoever sent `Authorization: Bearer <key or access token>` or `X-API-Key: <key>`.
/// `unauthenticated` if it carries none, or none that is valid: an unknown, a revoked, an expired
/// and a wrong key give the same error; only the log tells them apart.
Result<Principal> authenticate(const Head& head, const AuthParts& parts);

/// Role -> its scopes, as schemas/roles.json has them.
using Roles = std::map<std::string, std::vector<std::string>>;

/// What the principal may do: the scopes of the role, but only those that a key is limited to.
std::vector<std::string> scopes_of(const Roles& roles, const Principal& principal);
bool may(const Roles& roles, const Principal& principal, const std::string& scope);

}  // namespace factory::http
