#include "common/web_key.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <nlohmann/json.hpp>
#include <string>

#include "common/deleter.hpp"
#include "common/digest.hpp"

namespace factory {
namespace {

using nlohmann::json;

using PublicKey = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Deleter<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Deleter<EVP_MD_CTX_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, Deleter<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, Deleter<OSSL_PARAM_free>>;
using Number = std::unique_ptr<BIGNUM, Deleter<BN_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Deleter<ECDSA_SIG_free>>;

constexpr int kLeastBits = 2048;
constexpr int kMostBits = 8192;
constexpr int kMostExponentBits = 64;
constexpr std::size_t kCoordinate = 32;  ///< bytes, on P-256

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string text_member(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// The bytes of a base64url member; empty if there is none.
std::string bytes_member(const json& object, const char* name) {
  return base64url_decode(text_member(object, name)).value_or("");
}

Number number_of(std::string_view bytes) {
  return Number{BN_bin2bn(bytes_of(bytes), static_cast<int>(bytes.size()), nullptr)};
}

PublicKey key_from(const char* type, OSSL_PARAM_BLD* builder) {
  const Params params{OSSL_PARAM_BLD_to_param(builder)};
  const KeyContext context{EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr)};
  EVP_PKEY* key = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    ERR_clear_error();
    return nullptr;
  }
  return PublicKey{key};
}

PublicKey read_rsa(const json& jwk) {
  const std::string modulus = bytes_member(jwk, "n");
  const std::string exponent = bytes_member(jwk, "e");
  if (modulus.size() > kMostBits / 8 || exponent.size() > kMostExponentBits / 8) return nullptr;
  const Number n = number_of(modulus);
  const Number e = number_of(exponent);
  const Builder builder{OSSL_PARAM_BLD_new()};
  if (!n || !e || !builder || BN_num_bits(n.get()) < kLeastBits || BN_is_odd(n.get()) == 0 ||
      BN_is_odd(e.get()) == 0 || BN_is_one(e.get()) == 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1) {
    return nullptr;
  }
  return key_from("RSA", builder.get());
}

PublicKey read_p256(const json& jwk) {
  const std::string x = bytes_member(jwk, "x");
  const std::string y = bytes_member(jwk, "y");
  const Builder builder{OSSL_PARAM_BLD_new()};
  if (text_member(jwk, "crv") != "P-256" || x.size() != kCoordinate || y.size() != kCoordinate ||
      !builder) {
    return nullptr;
  }
  const std::string point = "\x04" + x + y;  // SEC 1: uncompressed
  if (OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                       point.size()) != 1) {
    return nullptr;
  }
  PublicKey key = key_from("EC", builder.get());
  const KeyContext context{key ? EVP_PKEY_CTX_new(key.get(), nullptr) : nullptr};
  if (!context || EVP_PKEY_public_check(context.get()) != 1) {  // on the curve
    ERR_clear_error();
    return nullptr;
  }
  return key;
}

/// The two numbers of a JWS (RFC 7518 section 3.4) as OpenSSL wants them, in DER.
std::string der_of(std::string_view signature) {
  if (signature.size() != 2 * kCoordinate) return {};
  const Signature pair{ECDSA_SIG_new()};
  Number r = number_of(signature.substr(0, kCoordinate));
  Number s = number_of(signature.substr(kCoordinate));
  if (!pair || !r || !s || ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) return {};
  static_cast<void>(r.release());  // the pair has them now
  static_cast<void>(s.release());
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(pair.get(), &der);
  if (size <= 0) return {};
  std::string text(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return text;
}

}  // namespace

struct WebKey::Key {
  PublicKey key;
  bool rsa = false;
};

std::optional<WebKey> WebKey::read(const json& jwk) {
  if (!jwk.is_object()) return std::nullopt;
  const std::string use = text_member(jwk, "use");
  if (!use.empty() && use != "sig") return std::nullopt;
  const std::string type = text_member(jwk, "kty");
  auto key = std::make_shared<Key>();
  key->rsa = type == "RSA";
  if (key->rsa) key->key = read_rsa(jwk);
  if (type == "EC") key->key = read_p256(jwk);
  if (!key->key) return std::nullopt;
  WebKey made(std::move(key));
  const std::string named = text_member(jwk, "alg");
  if (!named.empty() && named != made.algorithm()) return std::nullopt;
  return made;
}

std::string_view WebKey::algorithm() const { return key_->rsa ? "RS256" : "ES256"; }

bool WebKey::verifies(std::string_view message, std::string_view signature) const {
  const std::string der = key_->rsa ? std::string(signature) : der_of(signature);
  const DigestContext context{EVP_MD_CTX_new()};
  const bool fits = !der.empty() && context &&
                    EVP_DigestVerifyInit_ex(context.get(), nullptr, "SHA256", nullptr, nullptr,
                                            key_->key.get(), nullptr) == 1 &&
                    EVP_DigestVerify(context.get(), bytes_of(der), der.size(), bytes_of(message),
                                     message.size()) == 1;
  ERR_clear_error();
  return fits;
}

}  // namespace factory
