#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "common/clock.hpp"
#include "common/result.hpp"

namespace factory::identity {

/// How long an access token lives.
inline constexpr Millis access_lifetime{15LL * 60'000};

/// For whom access tokens are made.
inline constexpr const char* access_audience = "agent-factory-api";

/// What an access token says, once all of it has been checked.
struct AccessClaims {
  std::string subject;  ///< the user's name
  std::string session;
  std::string id;  ///< jti
  Time expires_at{};
};

/// Whether these are the claims of an access token of `issuer` that is valid now (RFC 7519, section
/// 4.1): `iss`, `aud`, `sub`, `sid`, `jti`, `iat`, `nbf` and `exp` all there and all right. The
/// error says what is wrong, for the log alone. Pure; never throws.
Result<AccessClaims> check_access_claims(const nlohmann::json& claims, const std::string& issuer,
                                         Time now);

}  // namespace factory::identity
