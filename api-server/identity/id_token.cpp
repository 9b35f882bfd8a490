#include "identity/id_token.hpp"

#include <algorithm>
#include <optional>

#include "common/digest.hpp"
#include "common/schema.hpp"

namespace factory::identity {
namespace {

using nlohmann::json;

constexpr std::size_t kLongestToken = 64U << 10U;
constexpr std::size_t kLongestSubject = 255;
constexpr std::int64_t kSkew = 60;              ///< seconds that clocks may differ
constexpr std::int64_t kOldest = 3600;          ///< seconds since a token was made
constexpr std::int64_t kFarFuture = 1LL << 40;  ///< no time of ours is as late

Error refused(const std::string& why) {
  return {ErrorCode::unauthenticated,
          "The identity provider's token is refused: " + why + ".",
          "Begin the login again; if it stays, the provider's configuration is to be looked at.",
          {},
          {}};
}

std::string text_of(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// Seconds since 1970; nullopt if it is no number that can be one.
std::optional<std::int64_t> time_of(const json& claims, const char* name) {
  const auto found = claims.find(name);
  if (found == claims.end() || !found->is_number()) return std::nullopt;
  const double seconds = found->get<double>();
  if (!(seconds >= 0 && seconds < static_cast<double>(kFarFuture))) return std::nullopt;
  return static_cast<std::int64_t>(seconds);
}

Result<json> part_of(std::string_view encoded, const char* what) {
  const auto bytes = base64url_decode(encoded);
  if (!bytes) return refused(std::string("its ") + what + " is not base64url");
  Result<json> parsed = parse_json(*bytes);
  if (!parsed || !parsed->is_object()) {
    return refused(std::string("its ") + what + " is no JSON object");
  }
  return parsed;
}

Status check_audience(const json& claims, const std::string& client_id) {
  const auto audience = claims.find("aud");
  const bool several = audience != claims.end() && audience->is_array();
  const bool ours =
      audience != claims.end() &&
      (several ? std::find(audience->begin(), audience->end(), json(client_id)) != audience->end()
               : *audience == json(client_id));
  if (!ours) return refused("it was made for another client (aud)");
  const std::string party = text_of(claims, "azp");
  if (several && audience->size() > 1 && party.empty()) {
    return refused("it has several audiences and no authorised party (azp)");
  }
  if (claims.contains("azp") && party != client_id) {
    return refused("another client is its authorised party (azp)");
  }
  return Done{};
}

Status check_times(const json& claims, std::int64_t now) {
  const auto expires = time_of(claims, "exp");
  if (!expires) return refused("it has no end (exp)");
  if (*expires <= now - kSkew) return refused("it has expired (exp)");
  const auto made = time_of(claims, "iat");
  if (!made) return refused("it does not say when it was made (iat)");
  if (*made > now + kSkew) return refused("it was made in the future (iat)");
  if (*made < now - kOldest) return refused("it was made too long ago (iat)");
  if (!claims.contains("nbf")) return Done{};
  const auto begins = time_of(claims, "nbf");
  if (!begins || *begins > now + kSkew) return refused("it is not valid yet (nbf)");
  return Done{};
}

}  // namespace

Result<SignedToken> read_signed_token(std::string_view text) {
  if (text.size() > kLongestToken) return refused("it is too large");
  const std::size_t first = text.find('.');
  const std::size_t second = first == text.npos ? text.npos : text.find('.', first + 1);
  if (second == text.npos || text.find('.', second + 1) != text.npos) {
    return refused("it is no signed token");
  }
  const Result<json> header = part_of(text.substr(0, first), "header");
  if (!header) return header.error();
  Result<json> claims = part_of(text.substr(first + 1, second - first - 1), "content");
  if (!claims) return std::move(claims.error());
  auto signature = base64url_decode(text.substr(second + 1));
  if (!signature) return refused("its signature is not base64url");
  if (header->contains("crit")) return refused("it asks for extensions");
  SignedToken token{text_of(*header, "alg"), text_of(*header, "kid"),
                    std::string(text.substr(0, second)), std::move(*signature), std::move(*claims)};
  if (token.algorithm != "RS256" && token.algorithm != "ES256") {
    return refused("its algorithm is neither RS256 nor ES256");
  }
  return token;
}

Status check_id_token(const SignedToken& token, const WebKey& key, const TokenRules& rules) {
  // The algorithm is the key's: a token cannot choose another way of reading it.
  if (token.algorithm != key.algorithm() || !key.verifies(token.message, token.signature)) {
    return refused("its signature is wrong");
  }
  if (text_of(token.claims, "iss") != rules.issuer) return refused("another house made it (iss)");
  if (Status fits = check_audience(token.claims, rules.client_id); !fits) return fits;
  const std::int64_t now = to_millis(rules.now) / 1000;
  if (Status fits = check_times(token.claims, now); !fits) return fits;
  if (!equal_constant_time(text_of(token.claims, "nonce"), rules.nonce)) {
    return refused("it belongs to another login (nonce)");
  }
  const std::string subject = text_of(token.claims, "sub");
  if (subject.empty() || subject.size() > kLongestSubject) return refused("it names nobody (sub)");
  return Done{};
}

}  // namespace factory::identity
