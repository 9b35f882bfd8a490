#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace factory {

using Hash = std::array<unsigned char, 32>;

/// SHA-256 of the parts, one after the other (FIPS 180-4). Thread-safe, pure.
Hash sha256(std::string_view first, std::string_view second = {});
Hash sha256(const Hash& previous, std::string_view bytes);

/// SHA-256 of bytes that come in pieces. One thread at a time.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  void update(std::string_view bytes);
  /// Call it once, last.
  Hash finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

/// HMAC-SHA-256 (RFC 2104). Thread-safe, pure.
Hash hmac_sha256(std::string_view key, std::string_view message);

std::string to_hex(const Hash& hash);
std::optional<Hash> hash_from_hex(std::string_view hex);

/// Compares in a time that depends on the lengths alone.
bool equal_constant_time(std::string_view left, std::string_view right);

/// `count` bytes from the operating system's randomness, in base64url without padding.
std::string random_token(std::size_t count);

/// RFC 4648 section 4, with padding.
std::string base64(std::string_view bytes);
std::string base64url(std::string_view bytes);
std::optional<std::string> base64url_decode(std::string_view text);

/// An Ed25519 key pair (RFC 8032) that signs the checkpoints of the event log.
class SigningKey {
 public:
  /// A new key from the operating system's randomness.
  static SigningKey generate();
  /// Reads what `private_pem` gave; nullopt if it is no Ed25519 key.
  static std::optional<SigningKey> from_pem(std::string_view pem);
  [[nodiscard]] std::string private_pem() const;
  [[nodiscard]] std::string public_hex() const;
  [[nodiscard]] std::string sign_hex(std::string_view message) const;

 private:
  std::array<unsigned char, 32> seed_{};
};

/// True if `signature_hex` is the signature of `message` under the public key. Never throws.
bool verify_signature(std::string_view public_hex, std::string_view message,
                      std::string_view signature_hex);

}  // namespace factory
