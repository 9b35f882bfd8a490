// Whatever text comes as an access token is refused, or is one that was signed here.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "common/digest.hpp"
#include "common/ec_key.hpp"
#include "identity/access_claims.hpp"
#include "identity/jwt.hpp"

namespace {

using namespace factory;

/// A key of this run, and the one token that it ever signed.
struct House {
  EcKey key = new_ec_key();
  Time now = from_millis(1'700'000'000'000);
  std::string token = identity::sign_jwt("k",
                                         {{"iss", "house"},
                                          {"aud", "agent-factory-api"},
                                          {"sub", "ada"},
                                          {"sid", "sess_1"},
                                          {"jti", "a"},
                                          {"iat", 1'700'000'000},
                                          {"nbf", 1'700'000'000},
                                          {"exp", 1'700'000'900}},
                                         key.private_pem);
};

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const House& house, std::string_view text) {
  const auto read = identity::read_jwt(text);
  if (!read) return;
  require(read->header.is_object() && read->claims.is_object());
  const auto claims = identity::check_access_claims(read->claims, "house", house.now);
  if (claims) require(!claims->subject.empty() && claims->expires_at > house.now);
  if (!identity::is_signed(*read, house.key.public_pem)) return;
  // Somebody else's signature over the same text is not in reach; another text is not signed.
  require(read->signed_text == house.token.substr(0, house.token.rfind('.')));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const House house;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  check(house, input);
  // Nearly right ones are out of a mutator's reach: it changes a piece of the real token instead.
  if (size < 3) return 0;
  std::string near = house.token;
  const std::size_t at = (std::size_t{data[0]} << 8U | data[1]) % near.size();
  near.replace(at, std::min<std::size_t>(data[2] % 8U, near.size() - at), input.substr(3));
  check(house, near);
  // And header or claims of its own, spelled as they must be.
  const std::size_t dot = house.token.find('.');
  check(house, base64url(input) + house.token.substr(dot));
  const std::size_t second = house.token.find('.', dot + 1);
  check(house, house.token.substr(0, dot + 1) + base64url(input) + house.token.substr(second));
  return 0;
}
