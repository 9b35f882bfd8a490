#include "http/auth.hpp"

#include "common/log.hpp"

namespace factory::http {
namespace {

constexpr std::string_view kTokenPrefix = "af_";
constexpr std::string_view kKeyPrefix = "key_";
constexpr std::size_t kLongestId = 64;

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

Result<std::shared_ptr<const Credential>> authenticate(const Head& head, const FindKey& find) {
  const Result<std::string_view> token = token_of(head);
  if (!token) return token.error();
  const Hash hash = sha256(*token);
  const auto key_id = key_id_of(*token);
  if (!key_id) return refused("", "malformed");
  auto credential = find(*key_id);
  if (!credential) return refused(*key_id, "unknown");
  if (!equal_constant_time(as_text(credential->hash), as_text(hash))) {
    return refused(*key_id, "wrong secret");
  }
  if (credential->revoked) return refused(*key_id, "revoked");
  return credential;
}

}  // namespace factory::http
