#include "common/ids.hpp"

#include <array>

#include "common/entropy.hpp"

namespace factory {
namespace {

// Odd constants: distinct multiples of an odd number stay distinct modulo 2^64 and mix() is a
// bijection, so the ids of one seed meet only by the chance of their 74 free bits.
constexpr std::uint64_t kIdStep = 0x9e3779b97f4a7c15U;
constexpr std::uint64_t kChildStep = 0xbf58476d1ce4e5b9U;
constexpr std::uint64_t kChildHigh = 0x94d049bb133111ebU;

/// The finaliser of SplitMix64.
constexpr std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31U);
}

constexpr char kHex[] = "0123456789abcdef";

void put_hex(char* at, std::uint64_t value, int digits) {
  for (int i = digits - 1; i >= 0; --i) {
    at[i] = kHex[value & 0xfU];
    value >>= 4U;
  }
}

}  // namespace

std::string IdSeed::make(std::string_view prefix, std::uint32_t index) const {
  constexpr std::size_t kUuidLength = 36;
  const auto time = static_cast<std::uint64_t>(to_millis(at)) & 0xffff'ffff'ffffU;
  const std::uint64_t first = mix(high + index * kIdStep);
  const std::uint64_t second = mix(low + index * kIdStep);

  std::string id;
  id.reserve(prefix.size() + 1 + kUuidLength);
  id.append(prefix).push_back('_');
  const std::size_t start = id.size();
  id.append(kUuidLength, '-');
  char* const uuid = id.data() + start;
  put_hex(uuid, time >> 16U, 8);
  put_hex(uuid + 9, time & 0xffffU, 4);
  put_hex(uuid + 14, 0x7000U | (first & 0x0fffU), 4);
  put_hex(uuid + 19, 0x8000U | (second >> 50U), 4);
  put_hex(uuid + 24, second & 0xffff'ffff'ffffU, 12);
  return id;
}

IdSeed IdSeed::child(std::uint32_t index) const {
  const std::uint64_t step = (std::uint64_t{index} + 1) * kChildStep;
  return {at, mix(high ^ step), mix((low ^ step) + kChildHigh)};
}

IdSeed SystemIds::next(Time at) {
  std::array<std::uint64_t, 2> words{};
  random_bytes(words.data(), sizeof words);
  return {at, words[0], words[1]};
}

std::string derived_id(std::string_view prefix, const Hash& hash) {
  Hash marked = hash;
  marked[6] = static_cast<unsigned char>(0x80U | (hash[6] & 0x0fU));
  marked[8] = static_cast<unsigned char>(0x80U | (hash[8] & 0x3fU));
  const std::string hex = to_hex(marked);
  return std::string(prefix) + "_" + hex.substr(0, 8) + "-" + hex.substr(8, 4) + "-" +
         hex.substr(12, 4) + "-" + hex.substr(16, 4) + "-" + hex.substr(20, 12);
}

bool has_prefix(std::string_view id, std::string_view prefix) {
  return id.size() > prefix.size() + 1 && id.substr(0, prefix.size()) == prefix &&
         id[prefix.size()] == '_';
}

}  // namespace factory
