#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "common/clock.hpp"
#include "common/result.hpp"
#include "common/web_key.hpp"

/// ID tokens of other houses (OpenID Connect Core 1.0, section 3.1.3.7). All of it pure.
namespace factory::identity {

/// A signed token taken apart; nothing of it is believed yet.
struct SignedToken {
  std::string algorithm;
  std::string key_id;     ///< empty: the token names none
  std::string message;    ///< what is signed
  std::string signature;  ///< its bytes
  nlohmann::json claims;  ///< an object
};

/// What a token must say.
struct TokenRules {
  std::string issuer;
  std::string client_id;
  std::string nonce;
  Time now{};
};

/// Reads a JWS in its compact form. `unauthenticated` if it is none, is larger than 64 KiB, or asks
/// for what is not known here (`crit`), or for another algorithm than RS256 and ES256.
Result<SignedToken> read_signed_token(std::string_view text);

/// `unauthenticated`, with the reason, unless the key has signed the token with its own algorithm
/// and every claim is as it must be: issuer, audience, authorised party, times, nonce, subject.
/// Clocks may differ by a minute.
Status check_id_token(const SignedToken& token, const WebKey& key, const TokenRules& rules);

}  // namespace factory::identity
