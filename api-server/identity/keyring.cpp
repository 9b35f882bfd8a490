#include "identity/keyring.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "common/digest.hpp"
#include "common/paths.hpp"
#include "identity/access_claims.hpp"
#include "identity/jwt.hpp"

namespace factory::identity {
namespace {

using nlohmann::json;

/// Clocks of those who check may go this much behind.
constexpr Millis kSlack{60'000};
constexpr std::ptrdiff_t kMostPublished = 16;

/// RFC 7638: over exactly these members in this order, without blanks.
std::string thumbprint(const EcKey& key) {
  const Hash hash =
      sha256(R"({"crv":"P-256","kty":"EC","x":")" + key.x + R"(","y":")" + key.y + R"("})");
  return base64url({reinterpret_cast<const char*>(hash.data()), hash.size()});
}

Time time_in(const json& object, const char* name) {
  const auto time = parse_time(object.at(name).get<std::string>());
  if (!time) throw std::runtime_error("a time is malformed");
  return *time;
}

}  // namespace

Keyring::Keyring(std::string file, Time now) : file_(std::move(file)) {
  const auto text = read_secret_file(file_);
  if (text) {
    signers_ = read(*text);
    return;
  }
  if (text.error().code != ErrorCode::not_found) throw std::runtime_error(text.error().detail);
  rotate_locked(now);
}

Keyring::Signer Keyring::make(Time now) {
  Signer signer{{}, new_ec_key(), now, std::nullopt};
  signer.id = thumbprint(signer.key);
  return signer;
}

bool Keyring::alive(const Signer& signer, Time now) {
  return !signer.retired || now < *signer.retired + access_lifetime + kSlack;
}

Keyring::Signers Keyring::read(const std::string& text) const {
  Signers signers;
  try {
    const json content = json::parse(text);
    for (const json& one : content.at("keys")) {
      const auto key = read_ec_key(one.at("private_key").get_ref<const std::string&>());
      if (!key) throw std::runtime_error("a key is none on P-256");
      Signer signer{thumbprint(*key), *key, time_in(one, "made_at"), std::nullopt};
      if (one.contains("retired_at")) signer.retired = time_in(one, "retired_at");
      signers.push_back(std::move(signer));
    }
  } catch (const std::exception& error) {
    throw std::runtime_error(file_ + " holds no signing keys: " + error.what());
  }
  if (signers.empty()) throw std::runtime_error(file_ + " holds no signing keys");
  return signers;
}

void Keyring::write(const Signers& signers) const {
  json keys = json::array();
  for (const Signer& signer : signers) {
    json one{{"private_key", signer.key.private_pem}, {"made_at", format_time(signer.made)}};
    if (signer.retired) one["retired_at"] = format_time(*signer.retired);
    keys.push_back(std::move(one));
  }
  const auto written = write_file_private(file_, json{{"keys", keys}}.dump(2) + "\n");
  if (!written) throw std::runtime_error(written.error().detail);
}

std::string Keyring::sign(const json& claims) const {
  Signer signer;
  {
    const std::lock_guard lock(mutex_);
    signer = signers_.front();
  }
  return sign_jwt(signer.id, claims, signer.key.private_pem);
}

std::optional<std::string> Keyring::public_key(const std::string& id, Time now) const {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(signers_.begin(), signers_.end(),
                                  [&](const Signer& signer) { return signer.id == id; });
  if (found == signers_.end() || !alive(*found, now)) return std::nullopt;
  return found->key.public_pem;
}

json Keyring::jwks(Time now) const {
  const std::lock_guard lock(mutex_);
  json keys = json::array();
  for (const Signer& signer : signers_) {
    if (!alive(signer, now)) continue;
    keys.push_back({{"kty", "EC"},
                    {"crv", "P-256"},
                    {"alg", "ES256"},
                    {"use", "sig"},
                    {"kid", signer.id},
                    {"x", signer.key.x},
                    {"y", signer.key.y}});
  }
  return {{"keys", std::move(keys)}};
}

Result<std::string> Keyring::rotate(Time now) {
  const std::lock_guard lock(mutex_);
  const auto published = std::count_if(signers_.begin(), signers_.end(),
                                       [&](const Signer& signer) { return alive(signer, now); });
  if (published >= kMostPublished) {
    return Error{ErrorCode::conflict,
                 std::to_string(published) + " signing keys are published, and no more are.",
                 "Wait until tokens that the older ones signed are over: a quarter of an hour.",
                 {},
                 {}};
  }
  return rotate_locked(now);
}

std::string Keyring::rotate_locked(Time now) {
  Signers next{make(now)};
  for (const Signer& signer : signers_) {
    if (!alive(signer, now)) continue;
    next.push_back(signer);
    if (!next.back().retired) next.back().retired = now;
  }
  write(next);  // first the file: a token that nobody could check after a restart helps nobody
  signers_ = std::move(next);
  return signers_.front().id;
}

void Keyring::tend(Time now) {
  const std::lock_guard lock(mutex_);
  if (now - signers_.front().made >= lifetime) {
    rotate_locked(now);
    return;
  }
  Signers living;
  std::copy_if(signers_.begin(), signers_.end(), std::back_inserter(living),
               [&](const Signer& signer) { return alive(signer, now); });
  if (living.size() == signers_.size()) return;
  write(living);
  signers_ = std::move(living);
}

}  // namespace factory::identity
