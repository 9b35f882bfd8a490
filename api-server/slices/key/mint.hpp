#pragma once

#include <string>

#include "common/ids.hpp"
#include "identity/pepper.hpp"
#include "slices/key/key.hpp"

namespace factory::key {

/// A new key: its id, its token (shown once, stored nowhere) and the command that creates it on the
/// stream `id`.
struct Minted {
  std::string id;
  std::string token;
  Create command;
};

/// `wanted` says whose key it is and what it may do; id, token, hash and hint are made here, the
/// secret of 32 bytes from the operating system's randomness.
Minted mint(Created wanted, const IdSeed& seed, const identity::Pepper& pepper);

/// A new secret for the key `id`.
struct Reminted {
  std::string token;
  Rotate command;
};
Reminted remint(const std::string& id, int overlap_minutes, const identity::Pepper& pepper);

}  // namespace factory::key
