#include "common/web_key.hpp"

#include <nlohmann/json.hpp>
#include <tuple>

#include "common/digest.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {
namespace {

using nlohmann::json;

// Made with another library (node:crypto) and signed there.
constexpr const char* kMessage = "eyJhbGciOiJub25lIn0.e30";
const json kRsa{
    {"kty", "RSA"},
    {"n",
     "1kSGYvl2yoFpChiaJ5iSEZHBmGtil9HajNyxVDuHgakD-6RlZlHycom4Cllhmgbuqlxp0HxlwyoE86KNitLV8NaKkHfd"
     "ZnU0l1osXVeaXb7KEkwS8D6iIA-P070JHQlxfE01_6cAbrKPbgTtntKf4oFKr0xBUtthXWxRUqHT7o3Ezku4_sCBCmT4"
     "htei7LEXZHZZEkKdTQMGUQkWHRAcuNziugsn3DcXiZ9Z4Wb-yrVdISt932iu7Y-spvBz17BweLef-QwtG5BNJUYYxfwq"
     "wXZRYF8Rl2gHQ2RMiAmdy5iwkVJIHTxZ_TJZ-362_BS5xH_11oRzpNJB2dxHasFDmw"},
    {"e", "AQAB"}};
constexpr const char* kRsaSignature =
    "UoFoI31hAwIly9GqQaRWudgJh9UdZoc1-IXrESe98eSb0ay0UrRgA7oLlwEzxGNB34UgrCvN5mXC0IPmub8JESErYkEx57"
    "sJc_K9V72U097yv41PtJzRHgg5VgLBps_9T1FjCyOlmKFOOwNDAR--sLCf7kgoYnwux-uOoGnm9fy9eK9zNIi8vc5FZW3G"
    "Sfldkmu7Va6IBOmVCCqb5HwI0aASzOyUZWYUbNvHmtxD4JWKRUSv3V3J0k3m2gYeq1hq-4AoAywolULEnXRYTozWrMuRhE"
    "OEUKQ_7V-a9T3G2xQaH1uEh8qoty9dBWVseGWC7WgPMDt2WlcbAskbp6c2-Q";
const json kPoint{{"kty", "EC"},
                  {"crv", "P-256"},
                  {"x", "2L9fTeLAPDguU3iH-IAnV_SIDGa0YMDsvzW8UQr0na8"},
                  {"y", "eQTy55amk50r_lsDQ1Rw-JiRNy3plcQVal43k57NY-s"}};
constexpr const char* kPointSignature =
    "mlpX08FDJKKTuGny8Z-38xbbO4IHk1S-x3V3txf5m9ok-wXpFHIQ0CBQ4fO5WrfpF8dSFnDhp-UA4sCy2tY_Rg";
/// RSA of 1024 bits.
constexpr const char* kSmall =
    "t8GQOB3TXPn7B8u47jyvC5v_fyfCFIcuLvC5d1C6jTK_xEWp2GFIjUzuOcCuuHm5JZ9fihYiBHcfHgonbDCeLKq4w6Zv2y"
    "V8QBrY4svsE9Hp5VOC1_lGoaSItSpghnMV-C7LQwWXpmF_jYFK_QdZ0vAeDETubbiXP6N3k4cSa3U";

bool reads(const json& jwk) { return WebKey::read(jwk).has_value(); }

/// The key with one member changed.
json with(json jwk, const char* name, json value) {
  jwk[name] = std::move(value);
  return jwk;
}

}  // namespace

TEST_CASE("signatures of another library are verified") {
  for (const auto& [jwk, text, algorithm] :
       {std::tuple{kRsa, kRsaSignature, "RS256"}, std::tuple{kPoint, kPointSignature, "ES256"}}) {
    INFO(algorithm);
    const auto key = WebKey::read(jwk);
    REQUIRE(key);
    CHECK(key->algorithm() == algorithm);
    const std::string signature = base64url_decode(text).value();
    CHECK(key->verifies(kMessage, signature));
    CHECK_FALSE(key->verifies("eyJhbGciOiJub25lIn0.e31", signature));
    for (std::size_t i = 0; i < signature.size(); i += 7) {
      std::string changed = signature;
      changed[i] = static_cast<char>(changed[i] ^ 1);
      CHECK_FALSE(key->verifies(kMessage, changed));
    }
    CHECK_FALSE(key->verifies(kMessage, ""));
    CHECK_FALSE(key->verifies(kMessage, signature.substr(1)));
    CHECK_FALSE(key->verifies(kMessage, signature + "x"));
    CHECK_FALSE(key->verifies(kMessage, std::string(signature.size(), '\0')));
  }
}

TEST_CASE("a key of one kind takes no signature of the other") {
  CHECK_FALSE(WebKey::read(kRsa)->verifies(kMessage, base64url_decode(kPointSignature).value()));
  CHECK_FALSE(WebKey::read(kPoint)->verifies(kMessage, base64url_decode(kRsaSignature).value()));
}

TEST_CASE("keys that are none, too small, or for something else are not read") {
  CHECK(reads(with(kRsa, "use", "sig")));
  CHECK(reads(with(kRsa, "alg", "RS256")));
  CHECK(reads(with(kRsa, "kid", 7)));
  CHECK_FALSE(reads(with(kRsa, "use", "enc")));
  CHECK_FALSE(reads(with(kRsa, "alg", "RS512")));
  CHECK_FALSE(reads(with(kRsa, "alg", "HS256")));
  CHECK_FALSE(reads(with(kRsa, "n", kSmall)));
  CHECK_FALSE(reads(with(kRsa, "n", "")));
  CHECK_FALSE(reads(with(kRsa, "n", 5)));
  CHECK_FALSE(reads(with(kRsa, "n", std::string(3000, 'a'))));
  CHECK_FALSE(reads(with(kRsa, "e", "AQ")));
  CHECK_FALSE(reads(with(kRsa, "e", "AAAA")));
  CHECK_FALSE(reads(with(kRsa, "e", "not base64!")));
  CHECK_FALSE(reads(with(kPoint, "crv", "P-384")));
  CHECK_FALSE(reads(with(kPoint, "x", kPoint["y"])));  // not on the curve
  CHECK_FALSE(reads(with(kPoint, "y", "AA")));
  CHECK_FALSE(reads(json{{"kty", "oct"}, {"k", "AAAA"}}));
  CHECK_FALSE(reads(json::array()));
  CHECK_FALSE(reads(json()));
}

}  // namespace factory::test
