#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/digest.hpp"
#include "common/result.hpp"

namespace factory::identity {

/// The server's secret (`key.pepper` in the data folder): what is stored of tokens and passwords is
/// worth nothing to whoever has only the store. A value; thread-safe.
class Pepper {
 public:
  /// 32 bytes from the operating system's randomness.
  static Pepper generate();
  /// Reads what `text` gave; nullopt if it is none.
  static std::optional<Pepper> from_text(std::string_view text);
  [[nodiscard]] std::string text() const;

  // Each use has a key of its own, so that nothing made for one says anything about another.
  [[nodiscard]] Hash key_hash(std::string_view token) const;
  [[nodiscard]] Hash refresh_hash(std::string_view token) const;
  /// Proves that a refresh token was made here.
  [[nodiscard]] Hash refresh_tag(std::string_view text) const;
  /// What stands for a request that holds a password, where it is remembered.
  [[nodiscard]] Hash fingerprint(std::string_view text) const;
  /// The key under which password hashes are sealed.
  [[nodiscard]] const Hash& password_key() const;
  /// The key under which the secrets of webhooks are sealed.
  [[nodiscard]] const Hash& webhook_key() const;

 private:
  explicit Pepper(std::string bytes);

  std::string bytes_;
  Hash key_, refresh_, tag_, fingerprint_, password_, webhook_;
};

/// The pepper in the file, `not_found` if there is none, or why it cannot be used.
Result<Pepper> read_pepper(const std::string& file);

}  // namespace factory::identity
