#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string_view>

namespace factory {

/// A public key that somebody else has published as a JWK (RFC 7517): RSA of 2048 to 8192 bits, or
/// a point on P-256. A value; thread-safe.
class WebKey {
 public:
  /// nullopt if it is none of the two, or not for signatures.
  static std::optional<WebKey> read(const nlohmann::json& jwk);

  /// "RS256" or "ES256" (RFC 7518 section 3.1): the one algorithm that the key is used with,
  /// whatever a token says.
  [[nodiscard]] std::string_view algorithm() const;

  /// True if `signature`, as JWS has it (RFC 7515), is this key's for the message.
  [[nodiscard]] bool verifies(std::string_view message, std::string_view signature) const;

 private:
  struct Key;
  explicit WebKey(std::shared_ptr<const Key> key) : key_(std::move(key)) {}
  std::shared_ptr<const Key> key_;
};

}  // namespace factory
