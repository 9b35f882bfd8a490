#include "identity/access_tokens.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "common/log.hpp"

namespace factory::identity {
namespace {

using nlohmann::json;

constexpr const char* kAudience = "agent-factory-api";
/// How far ahead the clock may have been that stamped a token.
constexpr std::int64_t kSlack = 30;
constexpr std::size_t kGeneration = 2048;
constexpr std::size_t kIdBytes = 16;

Error refused(std::string_view reason) {
  log(LogLevel::info, "an access token was refused", {{"reason", std::string(reason)}});
  return {ErrorCode::unauthenticated,
          "The access token is unknown or no longer valid.",
          "Get a new one with POST /v1/auth/refresh, or sign in again with POST /v1/auth/login.",
          {},
          {}};
}

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
  if (text_in(claims, "iss") != issuer) return refused("another issuer");
  if (text_in(claims, "aud") != kAudience) return refused("another audience");
  const auto expires = seconds_in(claims, "exp");
  const auto issued = seconds_in(claims, "iat");
  const auto valid_from = seconds_in(claims, "nbf");
  if (!expires || !issued || !valid_from) return refused("a time is missing");
  if (*expires <= *issued || *expires > *issued + access_lifetime.count() / 1000) {
    return refused("lives too long");
  }
  if (to_millis(now) >= *expires * 1000) return refused("expired");
  if (*issued > seconds(now) + kSlack || *valid_from > seconds(now) + kSlack) {
    return refused("not valid yet");
  }
  AccessClaims read{text_in(claims, "sub"), text_in(claims, "sid"), text_in(claims, "jti"),
                    from_millis(*expires * 1000)};
  if (read.subject.empty() || read.session.empty() || read.id.empty()) {
    return refused("a name is missing");
  }
  return read;
}

AccessTokens::AccessTokens(const Keyring& keyring, const Registry& registry, const Clock& clock,
                           std::string issuer)
    : keyring_(keyring), registry_(registry), clock_(clock), issuer_(std::move(issuer)) {}

AccessTokens::Issued AccessTokens::issue(const std::string& user,
                                         const std::string& session) const {
  const std::int64_t now = seconds(clock_.now());
  const std::int64_t expires = now + access_lifetime.count() / 1000;
  return {keyring_.sign({{"iss", issuer_},
                         {"aud", kAudience},
                         {"sub", user},
                         {"sid", session},
                         {"jti", random_token(kIdBytes)},
                         {"iat", now},
                         {"nbf", now},
                         {"exp", expires}}),
          from_millis(expires * 1000)};
}

Result<AccessClaims> AccessTokens::read(std::string_view token, Time now) const {
  const Result<Jwt> parts = read_jwt(token);
  if (!parts) return refused("malformed");
  const json& header = parts->header;
  if (text_in(header, "typ") != "JWT" || header.size() != 3) return refused("another kind");
  const auto key = keyring_.public_key(text_in(header, "kid"), now);
  if (!key) return refused("unknown key");
  if (!is_signed(*parts, *key)) return refused("wrong signature");
  return check_access_claims(parts->claims, issuer_, now);
}

Result<Principal> AccessTokens::open(std::string_view token) const {
  const Time now = clock_.now();
  const Hash hash = sha256(token);
  auto claims = remembered(hash);
  if (!claims) {
    Result<AccessClaims> fresh = read(token, now);
    if (!fresh) return std::move(fresh.error());
    claims = std::move(*fresh);
    remember(hash, *claims);
  }
  if (now >= claims->expires_at) return refused("expired");
  auto principal = registry_.session(claims->session);
  if (!principal || principal->id != claims->subject) return refused("the session is over");
  principal->expires_at = claims->expires_at;
  return std::move(*principal);
}

std::optional<AccessClaims> AccessTokens::remembered(const Hash& hash) const {
  const std::lock_guard lock(mutex_);
  if (const auto found = young_.find(hash); found != young_.end()) return found->second;
  const auto found = old_.find(hash);
  return found == old_.end() ? std::nullopt : std::optional(found->second);
}

void AccessTokens::remember(const Hash& hash, const AccessClaims& claims) const {
  const std::lock_guard lock(mutex_);
  if (young_.size() >= kGeneration) {
    old_ = std::move(young_);
    young_.clear();
  }
  young_.insert_or_assign(hash, claims);
}

}  // namespace factory::identity
