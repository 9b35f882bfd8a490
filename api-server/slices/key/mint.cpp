#include "slices/key/mint.hpp"

#include <utility>

#include "common/digest.hpp"
#include "http/auth.hpp"

namespace factory::key {
namespace {

constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kHintLength = 12;

}  // namespace

Minted mint(Created wanted, const IdSeed& seed) {
  Minted minted;
  minted.id = seed.make(Definition::prefix);
  minted.token = http::make_token(minted.id, random_token(kSecretBytes));
  wanted.secret_hash = to_hex(sha256(minted.token));
  // The beginning is part of the id, which everybody may know.
  wanted.hint = minted.token.substr(0, kHintLength);
  minted.command.created = std::move(wanted);
  return minted;
}

}  // namespace factory::key
