#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "common/result.hpp"

namespace factory::identity {

/// A token taken apart, nothing about it checked but its form.
struct Jwt {
  nlohmann::json header;  ///< object
  nlohmann::json claims;  ///< object
  std::string signed_text;
  std::string signature;  ///< base64url, as it came
};

/// Reads the compact serialisation of RFC 7515: three parts of canonical base64url (one spelling a
/// value), header and claims objects without repeated members, at most 8 KiB and ten levels deep.
/// `unauthenticated` if it is anything else. Never throws.
Result<Jwt> read_jwt(std::string_view token);

/// Whether the token says ES256 and nothing that is not understood (`crit`, `b64`), and has the
/// signature of this key (PEM, SubjectPublicKeyInfo, P-256). What the token says of its algorithm
/// is compared and never followed. Never throws.
bool is_signed(const Jwt& token, const std::string& public_pem);

/// The token of these claims, signed as ES256. Throws std::runtime_error for a key of another kind.
std::string sign_jwt(const std::string& key_id, const nlohmann::json& claims,
                     const std::string& private_pem);

}  // namespace factory::identity
