#include "common/ec_key.hpp"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <array>
#include <memory>
#include <stdexcept>

#include "common/deleter.hpp"
#include "common/digest.hpp"

namespace factory {
namespace {

using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Bio = std::unique_ptr<BIO, Deleter<BIO_free>>;
using Number = std::unique_ptr<BIGNUM, Deleter<BN_free>>;

constexpr std::size_t kCoordinate = 32;
constexpr std::string_view kCurve = "prime256v1";

void require(bool done, const char* what) {
  if (!done) throw std::runtime_error(std::string("OpenSSL failed: ") + what);
}

Bio memory() {
  Bio bio{BIO_new(BIO_s_mem())};
  require(bio != nullptr, "BIO_new");
  return bio;
}

std::string text_of(const Bio& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string coordinate(const Key& key, const char* name) {
  BIGNUM* raw = nullptr;
  require(EVP_PKEY_get_bn_param(key.get(), name, &raw) == 1, "EVP_PKEY_get_bn_param");
  const Number number{raw};
  std::array<unsigned char, kCoordinate> bytes{};
  require(BN_bn2binpad(number.get(), bytes.data(), static_cast<int>(bytes.size())) ==
              static_cast<int>(bytes.size()),
          "BN_bn2binpad");
  return base64url({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

bool on_p256(const Key& key) {
  std::array<char, 64> name{};
  std::size_t size = 0;
  return EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_EC &&
         EVP_PKEY_get_group_name(key.get(), name.data(), name.size(), &size) == 1 &&
         std::string_view(name.data(), size) == kCurve;
}

EcKey pair_of(const Key& key) {
  EcKey pair;
  const Bio secret = memory();
  require(PEM_write_bio_PKCS8PrivateKey(secret.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                        nullptr) == 1,
          "PEM_write_bio_PKCS8PrivateKey");
  pair.private_pem = text_of(secret);
  const Bio open = memory();
  require(PEM_write_bio_PUBKEY(open.get(), key.get()) == 1, "PEM_write_bio_PUBKEY");
  pair.public_pem = text_of(open);
  pair.x = coordinate(key, OSSL_PKEY_PARAM_EC_PUB_X);
  pair.y = coordinate(key, OSSL_PKEY_PARAM_EC_PUB_Y);
  return pair;
}

}  // namespace

EcKey new_ec_key() {
  const Key key{EVP_EC_gen(kCurve.data())};
  require(key != nullptr, "EVP_EC_gen");
  return pair_of(key);
}

std::optional<EcKey> read_ec_key(std::string_view private_pem) {
  if (private_pem.size() > 4096) return std::nullopt;
  const Bio bio{BIO_new_mem_buf(private_pem.data(), static_cast<int>(private_pem.size()))};
  require(bio != nullptr, "BIO_new_mem_buf");
  // The callback answers "no passphrase", else OpenSSL would ask on the terminal.
  const Key key{PEM_read_bio_PrivateKey(
      bio.get(), nullptr, [](char*, int, int, void*) { return -1; }, nullptr)};
  ERR_clear_error();  // a refused text must not show up as somebody else's failure later
  if (!key || !on_p256(key)) return std::nullopt;
  return pair_of(key);
}

}  // namespace factory
