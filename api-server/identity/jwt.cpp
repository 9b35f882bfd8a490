#include "identity/jwt.hpp"

#include <openssl/err.h>
#include <jwt/jwt.hpp>

#include <algorithm>
#include <stdexcept>

#include "common/digest.hpp"
#include "common/log.hpp"
#include "common/schema.hpp"

// Of the library only signing and checking with ES256 are used, chosen by type: its own decoder
// lets the token choose, takes sloppy base64 and is undefined for an unknown `typ`.
namespace factory::identity {
namespace {

using nlohmann::json;

constexpr std::size_t kLongest = 8192;
constexpr int kDepth = 10;
constexpr std::size_t kEs256Signature = 64;

Error malformed() { return {ErrorCode::unauthenticated, "The token is malformed.", {}, {}, {}}; }

std::optional<json> read_part(std::string_view part) {
  const auto text = base64url_decode(part);
  if (!text) return std::nullopt;
  Result<json> object = parse_json(*text, kDepth);
  if (!object || !object->is_object()) return std::nullopt;
  return std::move(*object);
}

/// The library reads past the end of what has no zero behind it: it gets strings of its own.
bool verified(const Jwt& token, const std::string& public_pem) {
  const std::string text = token.signed_text;
  const std::string signature = token.signature;
  const auto [right, failure] = jwt::PEMSign<jwt::algo::ES256>::verify(
      jwt::string_view(public_pem.c_str(), public_pem.size()),
      jwt::string_view(text.c_str(), text.size()),
      jwt::string_view(signature.c_str(), signature.size()));
  ERR_clear_error();  // what was refused must not show up as somebody else's failure later
  return right && !failure;
}

}  // namespace

Result<Jwt> read_jwt(std::string_view token) {
  if (token.size() > kLongest) return malformed();
  const std::size_t first = token.find('.');
  if (first == std::string_view::npos) return malformed();
  const std::size_t second = token.find('.', first + 1);
  if (second == std::string_view::npos) return malformed();
  auto header = read_part(token.substr(0, first));
  auto claims = read_part(token.substr(first + 1, second - first - 1));
  const std::string_view signature = token.substr(second + 1);
  const auto bytes = base64url_decode(signature);
  if (!header || !claims || !bytes || bytes->empty()) return malformed();
  return Jwt{std::move(*header), std::move(*claims), std::string(token.substr(0, second)),
             std::string(signature)};
}

bool is_signed(const Jwt& token, const std::string& public_pem) {
  const auto said = token.header.find("alg");
  if (said == token.header.end() || *said != "ES256") return false;
  if (token.header.contains("crit") || token.header.contains("b64")) return false;
  if (base64url_decode(token.signature).value_or("").size() != kEs256Signature) return false;
  try {
    return verified(token, public_pem);
  } catch (const std::exception& error) {
    log(LogLevel::warning, "a token could not be checked", {{"reason", error.what()}});
    return false;
  }
}

std::string sign_jwt(const std::string& key_id, const json& claims,
                     const std::string& private_pem) {
  const json header{{"alg", "ES256"}, {"kid", key_id}, {"typ", "JWT"}};
  const std::string text = base64url(header.dump()) + "." + base64url(claims.dump());
  const auto [signature, failure] = jwt::PEMSign<jwt::algo::ES256>::sign(
      jwt::string_view(private_pem.c_str(), private_pem.size()),
      jwt::string_view(text.c_str(), text.size()));
  if (failure || signature.size() != kEs256Signature) {
    throw std::runtime_error("an access token could not be signed");
  }
  return text + "." + base64url(signature);
}

}  // namespace factory::identity
