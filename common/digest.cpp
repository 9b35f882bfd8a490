#include "common/digest.hpp"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <stdexcept>

#include "common/deleter.hpp"
#include "common/entropy.hpp"

namespace factory {
namespace {

using DigestAlgorithm = std::unique_ptr<EVP_MD, Deleter<EVP_MD_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Deleter<EVP_MD_CTX_free>>;
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Bio = std::unique_ptr<BIO, Deleter<BIO_free>>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

void require(bool done, const char* what) {
  if (!done) throw std::runtime_error(std::string("OpenSSL failed: ") + what);
}

/// Fetched once: looking the algorithm up costs more than hashing a short text.
const EVP_MD* sha256_algorithm() {
  static const DigestAlgorithm algorithm{EVP_MD_fetch(nullptr, "SHA256", nullptr)};
  require(algorithm != nullptr, "EVP_MD_fetch");
  return algorithm.get();
}

Hash sha256_of(const unsigned char* first, std::size_t first_size, std::string_view second) {
  // One context for each thread: making one costs about as much as hashing a short text.
  thread_local const DigestContext context{EVP_MD_CTX_new()};
  Hash hash{};
  unsigned int size = 0;
  require(context != nullptr, "EVP_MD_CTX_new");
  require(EVP_DigestInit_ex2(context.get(), sha256_algorithm(), nullptr) == 1 &&
              EVP_DigestUpdate(context.get(), first, first_size) == 1 &&
              EVP_DigestUpdate(context.get(), second.data(), second.size()) == 1 &&
              EVP_DigestFinal_ex(context.get(), hash.data(), &size) == 1 && size == hash.size(),
          "SHA-256");
  return hash;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string hex_of(std::string_view bytes) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string text(bytes.size() * 2, '0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    text[2 * i] = kHex[byte >> 4U];
    text[2 * i + 1] = kHex[byte & 0xfU];
  }
  return text;
}

std::optional<std::string> bytes_from_hex(std::string_view hex) {
  if (hex.size() % 2 != 0) return std::nullopt;
  std::string bytes(hex.size() / 2, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const int high = hex_value(hex[2 * i]);
    const int low = hex_value(hex[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes[i] = static_cast<char>(high * 16 + low);
  }
  return bytes;
}

constexpr char kBase64Url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

int base64_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '-') return 62;
  if (c == '_') return 63;
  return -1;
}

Key private_key(const std::array<unsigned char, 32>& seed) {
  Key key{EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size())};
  require(key != nullptr, "EVP_PKEY_new_raw_private_key");
  return key;
}

}  // namespace

struct Sha256::Context {
  DigestContext context{EVP_MD_CTX_new()};
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {
  require(context_->context != nullptr &&
              EVP_DigestInit_ex2(context_->context.get(), sha256_algorithm(), nullptr) == 1,
          "SHA-256");
}
Sha256::~Sha256() = default;

void Sha256::update(std::string_view bytes) {
  require(EVP_DigestUpdate(context_->context.get(), bytes.data(), bytes.size()) == 1, "SHA-256");
}

Hash Sha256::finish() {
  Hash hash{};
  unsigned int size = 0;
  require(
      EVP_DigestFinal_ex(context_->context.get(), hash.data(), &size) == 1 && size == hash.size(),
      "SHA-256");
  return hash;
}

Hash sha256(std::string_view first, std::string_view second) {
  return sha256_of(bytes_of(first), first.size(), second);
}

Hash sha256(const Hash& previous, std::string_view bytes) {
  return sha256_of(previous.data(), previous.size(), bytes);
}

Hash hmac_sha256(std::string_view key, std::string_view message) {
  constexpr std::size_t block = 64;
  std::string inner(block, '\x36');
  std::string outer(block, '\x5c');
  const Hash shortened = key.size() > block ? sha256(key) : Hash{};
  if (key.size() > block) {
    key = {reinterpret_cast<const char*>(shortened.data()), shortened.size()};
  }
  for (std::size_t i = 0; i < key.size(); ++i) {
    inner[i] = static_cast<char>(inner[i] ^ key[i]);
    outer[i] = static_cast<char>(outer[i] ^ key[i]);
  }
  const Hash inside = sha256(inner, message);
  return sha256(outer, {reinterpret_cast<const char*>(inside.data()), inside.size()});
}

std::string to_hex(const Hash& hash) {
  return hex_of({reinterpret_cast<const char*>(hash.data()), hash.size()});
}

std::optional<Hash> hash_from_hex(std::string_view hex) {
  Hash hash{};
  const auto bytes = bytes_from_hex(hex);
  if (!bytes || bytes->size() != hash.size()) return std::nullopt;
  std::copy(bytes->begin(), bytes->end(), hash.begin());
  return hash;
}

bool equal_constant_time(std::string_view left, std::string_view right) {
  return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

std::string random_token(std::size_t count) {
  std::string bytes(count, '\0');
  random_bytes(bytes.data(), bytes.size());
  return base64url(bytes);
}

std::string base64url(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() * 4 + 2) / 3);
  std::uint32_t window = 0;
  unsigned bits = 0;
  for (const char c : bytes) {
    window = (window << 8U) | static_cast<unsigned char>(c);
    for (bits += 8; bits >= 6;) {
      bits -= 6;
      text.push_back(kBase64Url[(window >> bits) & 0x3fU]);
    }
  }
  if (bits > 0) text.push_back(kBase64Url[(window << (6 - bits)) & 0x3fU]);
  return text;
}

std::string base64(std::string_view bytes) {
  std::string text = base64url(bytes);
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  text.append((4 - text.size() % 4) % 4, '=');
  return text;
}

std::optional<std::string> base64url_decode(std::string_view text) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  std::uint32_t window = 0;
  unsigned bits = 0;
  for (const char c : text) {
    const int value = base64_value(c);
    if (value < 0) return std::nullopt;
    window = (window << 6U) | static_cast<std::uint32_t>(value);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push_back(static_cast<char>((window >> bits) & 0xffU));
  }
  // Left-over bits that are not zero would give one value several spellings.
  if ((window & ((1U << bits) - 1U)) != 0) return std::nullopt;
  return bytes;
}

SigningKey SigningKey::generate() {
  SigningKey key;
  random_bytes(key.seed_.data(), key.seed_.size());
  return key;
}

std::optional<SigningKey> SigningKey::from_pem(std::string_view pem) {
  if (pem.size() > 4096) return std::nullopt;
  const Bio bio{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
  require(bio != nullptr, "BIO_new_mem_buf");
  // The callback answers "no passphrase", else OpenSSL would ask on the terminal.
  const Key parsed{PEM_read_bio_PrivateKey(
      bio.get(), nullptr, [](char*, int, int, void*) { return -1; }, nullptr)};
  ERR_clear_error();  // a refused text must not show up as somebody else's failure later
  if (!parsed || EVP_PKEY_id(parsed.get()) != EVP_PKEY_ED25519) return std::nullopt;
  SigningKey key;
  std::size_t size = key.seed_.size();
  if (EVP_PKEY_get_raw_private_key(parsed.get(), key.seed_.data(), &size) != 1 ||
      size != key.seed_.size()) {
    return std::nullopt;
  }
  return key;
}

std::string SigningKey::private_pem() const {
  const Key key = private_key(seed_);
  const Bio bio{BIO_new(BIO_s_mem())};
  require(bio != nullptr && PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0,
                                                          nullptr, nullptr) == 1,
          "PEM_write_bio_PKCS8PrivateKey");
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string SigningKey::public_hex() const {
  const Key key = private_key(seed_);
  std::array<unsigned char, 32> bytes{};
  std::size_t size = bytes.size();
  require(EVP_PKEY_get_raw_public_key(key.get(), bytes.data(), &size) == 1,
          "EVP_PKEY_get_raw_public_key");
  return to_hex(bytes);
}

std::string SigningKey::sign_hex(std::string_view message) const {
  const Key key = private_key(seed_);
  const DigestContext context{EVP_MD_CTX_new()};
  std::array<unsigned char, 64> signature{};
  std::size_t size = signature.size();
  require(context != nullptr &&
              EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
              EVP_DigestSign(context.get(), signature.data(), &size, bytes_of(message),
                             message.size()) == 1,
          "EVP_DigestSign");
  return hex_of({reinterpret_cast<const char*>(signature.data()), size});
}

bool verify_signature(std::string_view public_hex, std::string_view message,
                      std::string_view signature_hex) {
  const auto public_bytes = hash_from_hex(public_hex);
  const auto signature = bytes_from_hex(signature_hex);
  if (!public_bytes || !signature || signature->size() != 64) return false;
  const Key key{EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, public_bytes->data(),
                                            public_bytes->size())};
  const DigestContext context{EVP_MD_CTX_new()};
  const bool verified =
      key != nullptr && context != nullptr &&
      EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
      EVP_DigestVerify(context.get(), bytes_of(*signature), signature->size(), bytes_of(message),
                       message.size()) == 1;
  ERR_clear_error();
  return verified;
}

}  // namespace factory
