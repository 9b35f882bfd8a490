#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/digest.hpp"
#include "common/result.hpp"
#include "domain/principal.hpp"
#include "http/message.hpp"

namespace factory::http {

/// What is known of a key.
struct Credential {
  Hash hash{};  ///< SHA-256 of the whole token
  Principal principal;
  bool revoked = false;
};

/// The key with this id ("key_0190…"); nullptr if there is none. Called from many threads.
using FindKey = std::function<std::shared_ptr<const Credential>(const std::string& key_id)>;

/// "af_<id of the key without its prefix>_<secret>": what stands in a key file.
std::string make_token(std::string_view key_id, std::string_view secret);

/// The id of the key that a token claims to be; nullopt if it is no token.
std::optional<std::string> key_id_of(std::string_view token);

/// Whoever sent `Authorization: Bearer <token>` or `X-API-Key: <token>`. `unauthenticated` if it
/// carries no key, or none that is valid: an unknown, a revoked and a wrong key give the same
/// error; only the log tells them apart.
Result<std::shared_ptr<const Credential>> authenticate(const Head& head, const FindKey& find);

}  // namespace factory::http
