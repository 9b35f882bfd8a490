#include "identity/access_tokens.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "common/log.hpp"

namespace factory::identity {
namespace {

using nlohmann::json;

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

}  // namespace

AccessTokens::AccessTokens(const Keyring& keyring, const Registry& registry, const Clock& clock,
                           std::string issuer)
    : keyring_(keyring), registry_(registry), clock_(clock), issuer_(std::move(issuer)) {}

AccessTokens::Issued AccessTokens::issue(const std::string& user,
                                         const std::string& session) const {
  const std::int64_t now = to_millis(clock_.now()) / 1000;
  const std::int64_t expires = now + access_lifetime.count() / 1000;
  return {keyring_.sign({{"iss", issuer_},
                         {"aud", access_audience},
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
  if (header.size() != 3 || header.value("typ", json()) != "JWT") return refused("another kind");
  const json id = header.value("kid", json());
  const auto key = id.is_string() ? keyring_.public_key(id.get<std::string>(), now) : std::nullopt;
  if (!key) return refused("unknown key");
  if (!is_signed(*parts, *key)) return refused("wrong signature");
  Result<AccessClaims> claims = check_access_claims(parts->claims, issuer_, now);
  if (!claims) return refused(claims.error().detail);
  return claims;
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
