#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace factory {

/// A key pair on the curve P-256, for signatures of the kind ES256 (RFC 7518, section 3.4).
struct EcKey {
  std::string private_pem;  ///< PKCS #8
  std::string public_pem;   ///< SubjectPublicKeyInfo
  std::string x, y;         ///< of the public point, as a JWK names them (RFC 7518, section 6.2.1)
};

/// A new pair from the operating system's randomness. Thread-safe.
EcKey new_ec_key();

/// The pair of a private key; nullopt if the text is no private key on P-256.
std::optional<EcKey> read_ec_key(std::string_view private_pem);

}  // namespace factory
