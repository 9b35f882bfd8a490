#pragma once

#include <condition_variable>
#include <mutex>
#include <string>

#include "common/digest.hpp"
#include "common/result.hpp"

namespace factory::identity {

/// Passwords: Argon2id (RFC 9106) with 3 passes over 32 MiB and one lane, some 50 ms of one core.
/// The hash is sealed (XSalsa20-Poly1305) with a key of the server's, so that the store alone does
/// not even let somebody guess. Thread-safe; at most two are computed at once, and a few wait.
class Passwords {
 public:
  static constexpr std::size_t shortest = 12;  ///< bytes
  static constexpr std::size_t longest = 256;

  explicit Passwords(const Hash& sealing_key);

  /// What is stored of a password. `invalid_request` for one that is too short, too long or very
  /// common; `unavailable` if too many wait.
  Result<std::string> seal(const std::string& password) const;

  /// Whether it is the password. An empty `sealed` (nobody, or no password) takes the same time and
  /// is never right. `unavailable` if too many wait.
  Result<bool> check(const std::string& password, const std::string& sealed) const;

 private:
  class Turn;

  Hash key_;
  mutable std::mutex mutex_;
  mutable std::condition_variable free_;
  mutable int computing_ = 0;
  mutable int waiting_ = 0;
};

}  // namespace factory::identity
