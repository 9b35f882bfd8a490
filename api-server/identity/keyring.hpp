#pragma once

#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.hpp"
#include "common/ec_key.hpp"
#include "common/result.hpp"

namespace factory::identity {

/// The keys that access tokens are signed with, in one file (0600) of the data folder. The newest
/// signs; earlier ones are published for as long as tokens of theirs can live. Thread-safe.
class Keyring {
 public:
  /// A signing key is replaced after this long.
  static constexpr Millis lifetime{30LL * 24 * 3'600'000};

  /// Reads the file, or makes it with a first key. Throws std::runtime_error that names the file.
  Keyring(std::string file, Time now);

  /// A token of these claims, signed with the newest key. Throws std::runtime_error.
  [[nodiscard]] std::string sign(const nlohmann::json& claims) const;
  /// The public key with this id as PEM; nullopt if it is unknown or its tokens are over.
  [[nodiscard]] std::optional<std::string> public_key(const std::string& id, Time now) const;
  /// What is published (RFC 7517, section 5).
  [[nodiscard]] nlohmann::json jwks(Time now) const;

  /// Makes a new key, with which is signed from now on, and gives its id. `conflict` while so many
  /// are published that more would help nobody. Throws if the file cannot be written; then nothing
  /// has changed.
  Result<std::string> rotate(Time now);
  /// Replaces a key that has signed for long enough, and forgets those whose tokens are over.
  void tend(Time now);

 private:
  struct Signer {
    std::string id;  ///< the thumbprint of RFC 7638
    EcKey key;
    Time made{};
    std::optional<Time> retired;
  };
  using Signers = std::vector<Signer>;  ///< newest first

  static Signer make(Time now);
  static bool alive(const Signer& signer, Time now);
  [[nodiscard]] Signers read(const std::string& text) const;
  void write(const Signers& signers) const;
  std::string rotate_locked(Time now);

  std::string file_;
  mutable std::mutex mutex_;
  Signers signers_;
};

}  // namespace factory::identity
