#pragma once

#include <cstddef>
#include <iterator>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "common/clock.hpp"
#include "common/digest.hpp"

namespace factory::identity {

/// A login that has gone to its provider and not come back.
struct PendingLogin {
  std::string provider;
  std::string nonce;
  std::string verifier;     ///< PKCE (RFC 7636)
  std::string after_login;  ///< empty: the answer is JSON
  Hash browser{};           ///< of the cookie that the browser was given
  Time until{};
};

/// The logins under way, by `state`. Bounded: beyond `most` the oldest is given up. Nothing here
/// outlives the process; who comes back after a restart begins again. Thread-safe.
class PendingLogins {
 public:
  explicit PendingLogins(std::size_t most = 4096) : most_(most) {}

  void put(std::string state, PendingLogin login);

  /// The login of this state, which is gone with it: a state works once. nullopt if there is none,
  /// it took too long, or another browser brings it back.
  std::optional<PendingLogin> take(const std::string& state, const Hash& browser, Time now);

  [[nodiscard]] std::size_t size() const;

 private:
  struct Entry {
    PendingLogin login;
    std::list<std::string>::iterator place;
  };
  const std::size_t most_;
  mutable std::mutex mutex_;
  std::list<std::string> oldest_first_;
  std::unordered_map<std::string, Entry> by_state_;
};

}  // namespace factory::identity
