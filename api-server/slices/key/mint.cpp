#include "slices/key/mint.hpp"

#include <utility>

#include "common/digest.hpp"
#include "http/auth.hpp"

namespace factory::key {
namespace {

constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kHintLength = 12;
constexpr int kKeyed = 2;

}  // namespace

Minted mint(Created wanted, const IdSeed& seed, const identity::Pepper& pepper) {
  Minted minted;
  minted.id = seed.make(Definition::prefix);
  minted.token = http::make_token(minted.id, random_token(kSecretBytes));
  wanted.secret_hash = to_hex(pepper.key_hash(minted.token));
  wanted.hash_version = kKeyed;
  // The beginning is part of the id, which everybody may know.
  wanted.hint = minted.token.substr(0, kHintLength);
  minted.command.created = std::move(wanted);
  return minted;
}

Reminted remint(const std::string& id, int overlap_minutes, const identity::Pepper& pepper) {
  Reminted reminted;
  reminted.token = http::make_token(id, random_token(kSecretBytes));
  reminted.command = {to_hex(pepper.key_hash(reminted.token)), kKeyed, overlap_minutes};
  return reminted;
}

}  // namespace factory::key
