#include "identity/sealed.hpp"

#include <sodium.h>

#include <tuple>

#include "common/entropy.hpp"

namespace factory::identity {

static_assert(std::tuple_size_v<Hash> == crypto_secretbox_KEYBYTES);

std::string seal_text(const std::string& text, const Hash& key) {
  std::string nonce(crypto_secretbox_NONCEBYTES, '\0');
  random_bytes(nonce.data(), nonce.size());
  std::string box(text.size() + crypto_secretbox_MACBYTES, '\0');
  crypto_secretbox_easy(reinterpret_cast<unsigned char*>(box.data()),
                        reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                        reinterpret_cast<const unsigned char*>(nonce.data()), key.data());
  return base64url(nonce + box);
}

std::string open_text(const std::string& sealed, const Hash& key) {
  const auto bytes = base64url_decode(sealed);
  constexpr std::size_t around = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES;
  if (!bytes || bytes->size() < around) return {};
  const auto* const data = reinterpret_cast<const unsigned char*>(bytes->data());
  std::string text(bytes->size() - around, '\0');
  const bool genuine = crypto_secretbox_open_easy(reinterpret_cast<unsigned char*>(text.data()),
                                                  data + crypto_secretbox_NONCEBYTES,
                                                  bytes->size() - crypto_secretbox_NONCEBYTES, data,
                                                  key.data()) == 0;
  return genuine ? text : std::string();
}

}  // namespace factory::identity
