#include "identity/jwt.hpp"

#include "common/ec_key.hpp"
#include "identity/access_tokens.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/spec.hpp"
#include "tests/support/temp_dir.hpp"

namespace factory::test {
namespace {

using identity::is_signed;
using identity::read_jwt;
using identity::sign_jwt;
using nlohmann::json;

const std::int64_t now_s = to_millis(story_start) / 1000;

json claims() {
  return {{"iss", "agent-factory"},
          {"aud", "agent-factory-api"},
          {"sub", "ada"},
          {"sid", "sess_1"},
          {"jti", "a"},
          {"iat", now_s},
          {"nbf", now_s},
          {"exp", now_s + 900}};
}

std::string token_of(const std::string& header, const std::string& payload,
                     const std::string& signature) {
  return base64url(header) + "." + base64url(payload) + "." + signature;
}

bool reads(const std::string& token) { return read_jwt(token).ok(); }

std::string part(const std::string& token, int index) {
  std::size_t from = 0;
  for (int i = 0; i < index; ++i) from = token.find('.', from) + 1;
  return token.substr(from, token.find('.', from) - from);
}

bool valid(const json& said, Time now = story_start) {
  return identity::check_access_claims(said, "agent-factory", now).ok();
}

}  // namespace

TEST_CASE("a token is what its key signed, and nothing else") {
  const EcKey key = new_ec_key();
  const std::string token = sign_jwt("k1", claims(), key.private_pem);
  const auto read = read_jwt(token);
  REQUIRE(read);
  CHECK(read->header == json{{"alg", "ES256"}, {"kid", "k1"}, {"typ", "JWT"}});
  CHECK(read->claims == claims());
  CHECK(is_signed(*read, key.public_pem));
  CHECK_FALSE(is_signed(*read, new_ec_key().public_pem));
  CHECK_FALSE(is_signed(*read, "no key"));
  for (std::size_t i = 0; i < token.size(); i += 3) {
    std::string other = token;
    other[i] = other[i] == 'A' ? 'B' : 'A';
    const auto changed = read_jwt(other);
    INFO(i);
    CHECK((!changed || !is_signed(*changed, key.public_pem)));
  }
}

TEST_CASE("a token does not choose how it is checked") {
  const EcKey key = new_ec_key();
  const std::string token = sign_jwt("k1", claims(), key.private_pem);
  const std::string payload = claims().dump();
  const auto forged = [&](const std::string& header, const std::string& signature) {
    const auto read = read_jwt(token_of(header, payload, signature));
    return read && is_signed(*read, key.public_pem);
  };
  // HMAC with what everybody knows, and no signature at all.
  const std::string hs256 = R"({"alg":"HS256","kid":"k1","typ":"JWT"})";
  const Hash mac = hmac_sha256(key.public_pem, base64url(hs256) + "." + base64url(payload));
  CHECK_FALSE(forged(hs256, base64url({reinterpret_cast<const char*>(mac.data()), mac.size()})));
  for (const char* alg : {"none", "None", "NONE", "nOnE", "", "ES384", "RS256", "es256"}) {
    INFO(alg);
    const std::string header = json{{"alg", alg}, {"kid", "k1"}, {"typ", "JWT"}}.dump();
    CHECK_FALSE(forged(header, ""));
    CHECK_FALSE(forged(header, part(token, 2)));
  }
  CHECK_FALSE(forged(R"({"kid":"k1","typ":"JWT"})", part(token, 2)));
  CHECK_FALSE(forged(R"({"alg":["ES256"],"kid":"k1","typ":"JWT"})", part(token, 2)));
  // Signed well, but with an extension that is not understood (RFC 7515, section 4.1.11).
  json header{{"alg", "ES256"}, {"crit", {"b64"}}, {"b64", false}};
  CHECK_FALSE(forged(header.dump(), part(token, 2)));
  // An ECDSA signature of nothing.
  CHECK_FALSE(
      forged(R"({"alg":"ES256","kid":"k1","typ":"JWT"})", base64url(std::string(64, '\0'))));
}

TEST_CASE("a token has one spelling") {
  const EcKey key = new_ec_key();
  const std::string token = sign_jwt("k1", claims(), key.private_pem);
  CHECK(reads(token));
  CHECK_FALSE(reads(""));
  CHECK_FALSE(reads("."));
  CHECK_FALSE(reads(".."));
  CHECK_FALSE(reads("a.b"));
  CHECK_FALSE(reads(token + "."));
  CHECK_FALSE(reads(token + "="));
  CHECK_FALSE(reads(" " + token));
  CHECK_FALSE(reads(token + "\n"));
  CHECK_FALSE(reads(part(token, 0) + "." + part(token, 1) + "."));
  CHECK_FALSE(reads(token_of("[]", "{}", "AAAA")));
  CHECK_FALSE(reads(token_of("{}", "null", "AAAA")));
  CHECK_FALSE(reads(token_of(R"({"alg":"none","alg":"ES256"})", "{}", "AAAA")));
  CHECK_FALSE(reads(token_of("{}", R"({"sub":"a","sub":"b"})", "AAAA")));
  CHECK_FALSE(reads(token_of("{}", "{\"a\":\"\xff\"}", "AAAA")));
  CHECK_FALSE(reads(token_of("{}", std::string(50, '[') + std::string(50, ']'), "AAAA")));
  CHECK_FALSE(reads(token_of("{}", json{{"a", std::string(9000, 'a')}}.dump(), "AAAA")));
  CHECK_FALSE(reads(token_of("{}", "{}", "A")));
  // 64 bytes leave four bits over, which must be zero.
  std::string sloppy = token;
  CHECK(sloppy.back() != 'h');
  sloppy.back() = 'h';
  CHECK_FALSE(reads(sloppy));
}

TEST_CASE("every claim of an access token is there and right") {
  CHECK(valid(claims()));
  for (const char* name : {"iss", "aud", "sub", "sid", "jti", "iat", "nbf", "exp"}) {
    INFO(name);
    json missing = claims();
    missing.erase(name);
    CHECK_FALSE(valid(missing));
    for (const json& wrong : {json(nullptr), json("x1"), json(true), json(-1), json(1.5e300),
                              json(18446744073709551615ULL), json::array({"agent-factory-api"})}) {
      const bool any_text =
          std::string(name) == "sub" || std::string(name) == "sid" || std::string(name) == "jti";
      if (any_text && wrong.is_string()) continue;
      json other = claims();
      other[name] = wrong;
      INFO(wrong.dump());
      CHECK_FALSE(valid(other));
    }
  }
  for (const char* name : {"sub", "sid", "jti"}) {
    json empty = claims();
    empty[name] = "";
    CHECK_FALSE(valid(empty));
  }
}

TEST_CASE("an access token lives from when it was made for fifteen minutes") {
  CHECK(valid(claims(), minute(15) - Millis{1}));
  CHECK_FALSE(valid(claims(), minute(15)));
  CHECK(valid(claims(), story_start - Millis{30'000}));  // a clock may have been set back a little
  CHECK_FALSE(valid(claims(), story_start - Millis{31'000}));
  json for_ever = claims();
  for_ever["exp"] = now_s + 901;
  CHECK_FALSE(valid(for_ever));
  json backwards = claims();
  backwards["iat"] = now_s + 900;
  CHECK_FALSE(valid(backwards));
}

TEST_CASE("signing keys are replaced, and published for as long as their tokens live") {
  TempDir folder;
  const std::string file = folder / "signing.keys";
  Time now = story_start;
  identity::Keyring ring(file, now);
  const auto ids = [&](const identity::Keyring& of) {
    std::vector<std::string> all;
    const json published = of.jwks(now);
    for (const json& key : published["keys"]) all.push_back(key["kid"]);
    return all;
  };
  const auto first = ids(ring);
  REQUIRE(first.size() == 1);
  const auto old_token = read_jwt(ring.sign(claims()));
  REQUIRE(old_token);
  CHECK(old_token->header["kid"] == first[0]);
  CHECK(is_signed(*old_token, ring.public_key(first[0], now).value()));
  const std::string second = ring.rotate(now).value();
  CHECK(ids(ring) == std::vector<std::string>{second, first[0]});
  CHECK(read_jwt(ring.sign(claims()))->header["kid"] == second);
  CHECK(ring.public_key(first[0], now));
  CHECK_FALSE(ring.public_key("unknown", now));
  // Another process that opens the file knows both.
  CHECK(ids(identity::Keyring(file, now)) == ids(ring));
  now += Millis{17 * 60'000};
  CHECK_FALSE(ring.public_key(first[0], now));
  CHECK(ids(ring) == std::vector<std::string>{second});
  now += identity::Keyring::lifetime;
  ring.tend(now);
  const auto third = ids(ring);
  REQUIRE(third.size() == 2);
  CHECK(third[1] == second);
  now += Millis{17 * 60'000};
  ring.tend(now);
  CHECK(ids(identity::Keyring(file, now)).size() == 1);
  const auto private_key = ring.jwks(now).dump();
  CHECK(private_key.find("\"d\"") == std::string::npos);
}

}  // namespace factory::test
