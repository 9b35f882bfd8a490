#include "identity/pepper.hpp"

#include <utility>

#include "common/entropy.hpp"
#include "common/paths.hpp"

namespace factory::identity {
namespace {

constexpr std::size_t kBytes = 32;

std::string_view as_text(const Hash& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

}  // namespace

Pepper Pepper::generate() {
  std::string bytes(kBytes, '\0');
  random_bytes(bytes.data(), bytes.size());
  return Pepper(std::move(bytes));
}

std::optional<Pepper> Pepper::from_text(std::string_view text) {
  text = text.substr(0, text.find_last_not_of(" \r\n") + 1);
  auto bytes = base64url_decode(text);
  if (!bytes || bytes->size() != kBytes) return std::nullopt;
  return Pepper(std::move(*bytes));
}

std::string Pepper::text() const { return base64url(bytes_); }

Pepper::Pepper(std::string bytes)
    : bytes_(std::move(bytes)),
      key_(hmac_sha256(bytes_, "key")),
      refresh_(hmac_sha256(bytes_, "refresh")),
      tag_(hmac_sha256(bytes_, "refresh tag")),
      fingerprint_(hmac_sha256(bytes_, "fingerprint")),
      password_(hmac_sha256(bytes_, "password")),
      webhook_(hmac_sha256(bytes_, "webhook")) {}

Hash Pepper::key_hash(std::string_view token) const { return hmac_sha256(as_text(key_), token); }
Hash Pepper::refresh_hash(std::string_view token) const {
  return hmac_sha256(as_text(refresh_), token);
}
Hash Pepper::refresh_tag(std::string_view text) const { return hmac_sha256(as_text(tag_), text); }
Hash Pepper::fingerprint(std::string_view text) const {
  return hmac_sha256(as_text(fingerprint_), text);
}
const Hash& Pepper::password_key() const { return password_; }
const Hash& Pepper::webhook_key() const { return webhook_; }

Result<Pepper> read_pepper(const std::string& file) {
  auto text = read_secret_file(file);
  if (!text) return std::move(text.error());
  auto pepper = Pepper::from_text(*text);
  if (pepper) return std::move(*pepper);
  return Error{
      ErrorCode::internal, file + " holds no secret of 32 bytes in base64url.", "", {}, {}};
}

}  // namespace factory::identity
