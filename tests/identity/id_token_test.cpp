#include "identity/id_token.hpp"

#include "common/digest.hpp"
#include "tests/identity/token_maker.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {
namespace {

using identity::check_id_token;
using identity::read_signed_token;
using nlohmann::json;

constexpr std::int64_t kNow = 1'800'000'000;

const identity::TokenRules kRules{"https://id.example", "factory", "n-0S6_WzA2Mj",
                                  from_millis(kNow * 1000)};

json sound() {
  return {{"iss", "https://id.example"}, {"aud", "factory"}, {"sub", "248289761001"},
          {"exp", kNow + 300},           {"iat", kNow - 5},  {"nonce", "n-0S6_WzA2Mj"}};
}

/// Why a token with these claims is refused; empty if it is not.
std::string refusal(const TokenMaker& maker, const json& claims,
                    const json& header = json::object()) {
  const auto token = read_signed_token(maker.sign(claims, header));
  if (!token) return token.error().detail;
  const auto key = WebKey::read(maker.jwk());
  const Status checked = check_id_token(*token, *key, kRules);
  return checked ? std::string() : checked.error().detail;
}

/// `sound` with one claim changed; null takes it away.
json with(const char* name, const json& value) {
  json claims = sound();
  claims[name] = value;
  if (value.is_null()) claims.erase(name);
  return claims;
}

}  // namespace

TEST_CASE("a token that says all that it must is believed") {
  const TokenMaker maker;
  CHECK(refusal(maker, sound()).empty());
  CHECK(refusal(maker, with("aud", json::array({"factory"}))).empty());
  json two = with("aud", json::array({"other", "factory"}));
  two["azp"] = "factory";
  CHECK(refusal(maker, two).empty());
  CHECK(refusal(maker, with("exp", kNow - 59)).empty());  // clocks may differ
  CHECK(refusal(maker, with("iat", kNow + 59)).empty());
  CHECK(refusal(maker, with("nbf", kNow + 59)).empty());
  CHECK(refusal(maker, with("exp", static_cast<double>(kNow) + 300.5)).empty());
}

TEST_CASE("a token with a claim that is wrong is refused, and which one is told") {
  const TokenMaker maker;
  struct Row {
    const char* claim;
    json value;
  };
  const std::vector<Row> rows{{"iss", "https://id.example/"},
                              {"iss", "https://evil.example"},
                              {"iss", nullptr},
                              {"iss", 7},
                              {"aud", "other"},
                              {"aud", nullptr},
                              {"aud", json::array({"other"})},
                              {"aud", json::array()},
                              {"aud", json::object()},
                              {"azp", "other"},
                              {"azp", 7},
                              {"exp", kNow - 61},
                              {"exp", nullptr},
                              {"exp", "soon"},
                              {"exp", -1},
                              {"iat", nullptr},
                              {"iat", kNow + 61},
                              {"iat", kNow - 3601},
                              {"nbf", kNow + 61},
                              {"nbf", "now"},
                              {"nonce", "another"},
                              {"nonce", nullptr},
                              {"nonce", ""},
                              {"sub", nullptr},
                              {"sub", ""},
                              {"sub", std::string(256, 's')},
                              {"sub", 7}};
  for (const Row& row : rows) {
    INFO(row.claim << " = " << row.value.dump());
    CHECK_THAT(refusal(maker, with(row.claim, row.value)),
               contains(std::string("(") + row.claim + ")"));
  }
  CHECK_THAT(refusal(maker, with("aud", json::array({"other", "factory"}))), contains("(azp)"));
}

TEST_CASE("what a token says of its algorithm opens no other way") {
  const TokenMaker maker;
  for (const char* const algorithm : {"none", "HS256", "RS512", "PS256", "ES384", "es256", ""}) {
    INFO(algorithm);
    CHECK_THAT(refusal(maker, sound(), {{"alg", algorithm}}), contains("algorithm"));
  }
  // Signed with the right key, but said to be of the other kind.
  CHECK_THAT(refusal(maker, sound(), {{"alg", "RS256"}}), contains("signature"));
  CHECK_THAT(refusal(maker, sound(), {{"crit", json::array({"exp"})}}), contains("extensions"));
}

TEST_CASE("a signature of another key, or of other content, is refused") {
  const TokenMaker maker;
  const TokenMaker other;
  const auto key = WebKey::read(maker.jwk());
  CHECK_FALSE(check_id_token(*read_signed_token(other.sign(sound())), *key, kRules).ok());
  const std::string token = maker.sign(sound());
  const std::size_t first = token.find('.');
  const std::size_t second = token.find('.', first + 1);
  const std::string forged = token.substr(0, first + 1) +
                             base64url(with("sub", "somebody else").dump()) + token.substr(second);
  CHECK_FALSE(check_id_token(*read_signed_token(forged), *key, kRules).ok());
  const std::string bare = token.substr(0, second + 1);
  CHECK_FALSE(check_id_token(*read_signed_token(bare), *key, kRules).ok());
}

TEST_CASE("what is no token is refused") {
  for (const std::string& text :
       {std::string(), std::string("a"), std::string("a.b"), std::string("a.b.c.d"),
        std::string("...."), std::string("e30.e30."), std::string("W10.e30.AA"),
        std::string("!!.e30.AA"), base64url(R"({"alg":"ES256"})") + ".W10.AA",
        base64url(R"({"alg":"ES256","alg":"none"})") + ".e30.AA", std::string(70'000, 'a')}) {
    INFO(text.substr(0, 60));
    CHECK_FALSE(read_signed_token(text).ok());
  }
}

}  // namespace factory::test
