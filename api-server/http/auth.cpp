#include "http/auth.hpp"

#include <algorithm>

#include "common/log.hpp"
#include "common/text.hpp"

namespace factory::http {
namespace {

constexpr std::string_view kTokenPrefix = "af_";
constexpr std::string_view kKeyPrefix = "key_";
constexpr std::size_t kLongestId = 64;
constexpr std::size_t kLongestToken = 8192;

std::string_view as_text(const Hash& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

Error nobody(std::string detail) {
  return {ErrorCode::unauthenticated, std::move(detail), {}, {}, {}};
}

Error refused(const std::string& key_id, std::string_view reason) {
  log(LogLevel::info, "a key was refused", {{"reason", std::string(reason)}, {"key_id", key_id}});
  return nobody("The key is unknown or no longer valid.");
}

Result<std::string_view> token_of(const Head& head) {
  constexpr std::string_view scheme = "Bearer ";
  const std::string_view authorization = head.header("Authorization");
  if (authorization.empty()) {
    const std::string_view key = head.header("X-API-Key");
    if (key.empty()) return nobody("The request carries no key.");
    return key;
  }
  if (authorization.size() <= scheme.size() ||
      !equal_ignoring_case(authorization.substr(0, scheme.size()), scheme)) {
    return nobody("The header Authorization is not `Bearer <key>`.");
  }
  return authorization.substr(authorization.find_first_not_of(' ', scheme.size()));
}

/// Which of the key's secrets is this token. All are compared, whichever is right.
std::optional<int> opened_by(const Credential& key, std::string_view token, const AuthParts& parts,
                             Time now) {
  std::optional<int> right;
  for (const Credential::Secret& secret : key.secrets) {
    if (secret.keyed && !parts.keyed_hash) continue;
    const Hash hash = secret.keyed ? parts.keyed_hash(token) : sha256(token);
    const bool same = equal_constant_time(as_text(secret.hash), as_text(hash));
    const bool in_time = !secret.until || now < *secret.until;
    if (same && in_time) right = secret.number;
  }
  return right;
}

Result<Principal> open_key(std::string_view token, const std::string& key_id,
                           const AuthParts& parts) {
  const auto key = parts.find_key(key_id);
  if (!key) return refused(key_id, "unknown");
  const Time now = parts.clock == nullptr ? Time::min() : parts.clock->now();
  const auto secret = opened_by(*key, token, parts, now);
  if (!secret) return refused(key_id, "wrong secret");
  if (key->revoked) return refused(key_id, "revoked");
  if (key->expires_at && *key->expires_at <= now) return refused(key_id, "expired");
  if (key->last_used) key->last_used->store(to_millis(now), std::memory_order_relaxed);
  Principal principal = key->principal;
  principal.key_secret = *secret;
  return principal;
}

}  // namespace

std::string make_token(std::string_view key_id, std::string_view secret) {
  std::string token(kTokenPrefix);
  token.append(key_id.substr(kKeyPrefix.size())).append("_").append(secret);
  return token;
}

std::optional<std::string> key_id_of(std::string_view token) {
  if (!token.starts_with(kTokenPrefix)) return std::nullopt;
  token.remove_prefix(kTokenPrefix.size());
  // An id holds no underscore; the secret may.
  const std::size_t end = token.find('_');
  if (end == std::string_view::npos || end == 0 || end > kLongestId) return std::nullopt;
  return std::string(kKeyPrefix).append(token.substr(0, end));
}

Result<Principal> authenticate(const Head& head, const AuthParts& parts) {
  const Result<std::string_view> token = token_of(head);
  if (!token) return token.error();
  if (token->size() > kLongestToken) return refused("", "too long");
  const auto key_id = key_id_of(*token);
  if (key_id) return open_key(*token, *key_id, parts);
  const bool is_key_field = head.header("Authorization").empty();
  const auto dots = std::count(token->begin(), token->end(), '.');
  if (is_key_field || dots != 2 || !parts.open_token) return refused("", "malformed");
  return parts.open_token(*token);
}

std::vector<std::string> scopes_of(const Roles& roles, const Principal& principal) {
  const auto found = roles.find(std::string(name_of(principal.role)));
  if (found == roles.end()) return {};
  if (principal.scopes.empty()) return found->second;
  std::vector<std::string> both;
  for (const std::string& scope : found->second) {
    const auto& limits = principal.scopes;
    if (std::find(limits.begin(), limits.end(), scope) != limits.end()) both.push_back(scope);
  }
  return both;
}

bool may(const Roles& roles, const Principal& principal, const std::string& scope) {
  const std::vector<std::string> all = scopes_of(roles, principal);
  return std::find(all.begin(), all.end(), scope) != all.end();
}

}  // namespace factory::http
