#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "identity/pepper.hpp"

namespace factory::identity {

/// A refresh token: "rt_<session>_<generation>_<secret>". The secret is 256 random bits and a tag
/// that proves that it was made here, so that an old one is told from one that somebody invented.
struct RefreshToken {
  std::string session;  ///< the session's stream
  int generation = 0;
  std::string text;
  std::string hash;  ///< keyed, hex: what is stored
};

RefreshToken make_refresh_token(const std::string& session, int generation, const Pepper& pepper);

/// nullopt if it was not made here. Never throws.
std::optional<RefreshToken> read_refresh_token(std::string_view text, const Pepper& pepper);

}  // namespace factory::identity
