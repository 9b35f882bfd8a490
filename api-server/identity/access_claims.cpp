#include "identity/access_claims.hpp"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>

namespace factory::identity {
namespace {

using nlohmann::json;

/// How far ahead the clock may have been that stamped a token, in seconds.
constexpr std::int64_t kSlack = 30;

Error wrong(const char* reason) { return {ErrorCode::unauthenticated, reason, {}, {}, {}}; }

std::int64_t seconds(Time time) { return to_millis(time) / 1000; }

/// The member as text; empty if it is none.
std::string text_in(const json& claims, const char* name) {
  const auto found = claims.find(name);
  return found != claims.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// The member as whole seconds that a Time can hold; nullopt if it is none.
std::optional<std::int64_t> seconds_in(const json& claims, const char* name) {
  constexpr std::int64_t latest = 253'402'300'799;  // the year 9999
  const auto found = claims.find(name);
  if (found == claims.end() || !found->is_number_integer()) return std::nullopt;
  if (found->is_number_unsigned() && found->get<std::uint64_t>() > std::uint64_t{latest}) {
    return std::nullopt;
  }
  const auto value = found->get<std::int64_t>();
  return value < 0 || value > latest ? std::nullopt : std::optional(value);
}

}  // namespace

Result<AccessClaims> check_access_claims(const json& claims, const std::string& issuer, Time now) {
  if (text_in(claims, "iss") != issuer) return wrong("another issuer");
  if (text_in(claims, "aud") != access_audience) return wrong("another audience");
  const auto expires = seconds_in(claims, "exp");
  const auto issued = seconds_in(claims, "iat");
  const auto valid_from = seconds_in(claims, "nbf");
  if (!expires || !issued || !valid_from) return wrong("a time is missing");
  if (*expires <= *issued || *expires > *issued + access_lifetime.count() / 1000) {
    return wrong("lives too long");
  }
  if (to_millis(now) >= *expires * 1000) return wrong("expired");
  if (*issued > seconds(now) + kSlack || *valid_from > seconds(now) + kSlack) {
    return wrong("not valid yet");
  }
  AccessClaims read{text_in(claims, "sub"), text_in(claims, "sid"), text_in(claims, "jti"),
                    from_millis(*expires * 1000)};
  if (read.subject.empty() || read.session.empty() || read.id.empty()) {
    return wrong("a name is missing");
  }
  return read;
}

}  // namespace factory::identity
