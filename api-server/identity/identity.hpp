#pragma once

#include <mutex>
#include <string>

#include "common/clock.hpp"
#include "identity/access_tokens.hpp"
#include "identity/keyring.hpp"
#include "identity/password.hpp"
#include "identity/pepper.hpp"
#include "identity/registry.hpp"

namespace factory::identity {

/// All that tells who somebody is, wired by hand in core.cpp.
struct Identity {
  /// `data` is the data folder, in which the signing keys are. Throws std::runtime_error.
  Identity(Registry& known, Pepper secret, const std::string& data, const Clock& clock)
      : registry(known),
        pepper(std::move(secret)),
        keyring(data + "/signing.keys", clock.now()),
        passwords(pepper.password_key()),
        tokens(keyring, registry, clock, "agent-factory") {}

  Registry& registry;
  Pepper pepper;
  Keyring keyring;
  Passwords passwords;
  AccessTokens tokens;
  /// One change of keys and users at a time: each must see the people as the one before it left
  /// them. In one batch two owners who are disabled would both find the other one still there.
  std::mutex turn;
};

}  // namespace factory::identity
