#include "tests/identity/token_maker.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>

#include <array>
#include <stdexcept>

#include "common/deleter.hpp"
#include "common/digest.hpp"

namespace factory::test {
namespace {

using nlohmann::json;

std::string bytes_of(const BIGNUM* number) {
  std::array<unsigned char, 32> bytes{};
  if (BN_bn2binpad(number, bytes.data(), bytes.size()) != 32) throw std::runtime_error("a number");
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Two numbers of 32 bytes out of what OpenSSL gives (DER).
std::string raw_signature(const std::string& der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const std::unique_ptr<ECDSA_SIG, Deleter<ECDSA_SIG_free>> pair{
      d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()))};
  if (!pair) throw std::runtime_error("a signature");
  return bytes_of(ECDSA_SIG_get0_r(pair.get())) + bytes_of(ECDSA_SIG_get0_s(pair.get()));
}

}  // namespace

struct TokenMaker::Impl {
  std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>> key{EVP_EC_gen("P-256")};
  std::string id;

  [[nodiscard]] std::string coordinate(const char* name) const {
    BIGNUM* number = nullptr;
    if (EVP_PKEY_get_bn_param(key.get(), name, &number) != 1) throw std::runtime_error(name);
    const std::unique_ptr<BIGNUM, Deleter<BN_free>> owner{number};
    return base64url(bytes_of(number));
  }
};

TokenMaker::TokenMaker(std::string key_id) : impl_(std::make_unique<Impl>()) {
  impl_->id = std::move(key_id);
}
TokenMaker::~TokenMaker() = default;
TokenMaker::TokenMaker(TokenMaker&&) noexcept = default;

json TokenMaker::jwk() const {
  return {{"kty", "EC"},
          {"crv", "P-256"},
          {"kid", impl_->id},
          {"use", "sig"},
          {"x", impl_->coordinate(OSSL_PKEY_PARAM_EC_PUB_X)},
          {"y", impl_->coordinate(OSSL_PKEY_PARAM_EC_PUB_Y)}};
}

std::string TokenMaker::sign(const json& claims, const json& header) const {
  json whole{{"alg", "ES256"}, {"kid", impl_->id}};
  whole.update(header);
  const std::string message = base64url(whole.dump()) + "." + base64url(claims.dump());
  const std::unique_ptr<EVP_MD_CTX, Deleter<EVP_MD_CTX_free>> context{EVP_MD_CTX_new()};
  std::string der(200, '\0');
  std::size_t size = der.size();
  if (EVP_DigestSignInit_ex(context.get(), nullptr, "SHA256", nullptr, nullptr, impl_->key.get(),
                            nullptr) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(der.data()), &size,
                     reinterpret_cast<const unsigned char*>(message.data()), message.size()) != 1) {
    throw std::runtime_error("signing");
  }
  der.resize(size);
  return message + "." + base64url(raw_signature(der));
}

}  // namespace factory::test
