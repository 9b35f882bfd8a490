#include "common/addresses.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace factory {
namespace {

constexpr std::string_view kMapped{"\0\0\0\0\0\0\0\0\0\0\xff\xff", 12};

bool same_bits(std::string_view left, std::string_view right, std::size_t bits) {
  if (left.size() != right.size() || bits > left.size() * 8) return false;
  const std::size_t whole = bits / 8;
  if (left.substr(0, whole) != right.substr(0, whole)) return false;
  if (bits % 8 == 0) return true;
  const auto mask = static_cast<unsigned char>(0xffU << (8 - bits % 8));
  return ((static_cast<unsigned char>(left[whole]) ^ static_cast<unsigned char>(right[whole])) &
          mask) == 0;
}

struct Block {
  std::array<unsigned char, 4> start;
  std::size_t bits;
};

/// What of IPv4 is no host in the open internet (IANA's special-purpose registry).
constexpr std::array<Block, 15> kNotPublic4{{{{0, 0, 0, 0}, 8},
                                             {{10, 0, 0, 0}, 8},
                                             {{100, 64, 0, 0}, 10},
                                             {{127, 0, 0, 0}, 8},
                                             {{169, 254, 0, 0}, 16},
                                             {{172, 16, 0, 0}, 12},
                                             {{192, 0, 0, 0}, 24},
                                             {{192, 0, 2, 0}, 24},
                                             {{192, 88, 99, 0}, 24},
                                             {{192, 168, 0, 0}, 16},
                                             {{198, 18, 0, 0}, 15},
                                             {{198, 51, 100, 0}, 24},
                                             {{203, 0, 113, 0}, 24},
                                             {{224, 0, 0, 0}, 4},
                                             {{240, 0, 0, 0}, 4}}};

bool is_public_4(std::string_view bytes) {
  return std::none_of(kNotPublic4.begin(), kNotPublic4.end(), [&](const Block& block) {
    const std::string_view start(reinterpret_cast<const char*>(block.start.data()), 4);
    return same_bits(bytes, start, block.bits);
  });
}

/// Only 2000::/3 is given out to hosts; of that, protocols and examples have some.
bool is_public_6(std::string_view bytes) {
  const auto starts = [&](std::string_view start, std::size_t bits) {
    return same_bits(bytes.substr(0, 4), start, bits);
  };
  using namespace std::string_view_literals;
  return starts("\x20\0\0\0"sv, 3) && !starts("\x20\x01\0\0"sv, 23) &&
         !starts("\x20\x01\x0d\xb8"sv, 32) && !starts("\x20\x02\0\0"sv, 16) &&
         !starts("\x3f\xff\0\0"sv, 20);
}

std::string_view unmapped(std::string_view bytes) {
  return bytes.size() == 16 && bytes.starts_with(kMapped) ? bytes.substr(kMapped.size()) : bytes;
}

}  // namespace

std::string address_bytes(std::string_view text) {
  if (text.size() > 2 && text.front() == '[' && text.back() == ']') {
    text = text.substr(1, text.size() - 2);
  }
  std::array<char, INET6_ADDRSTRLEN> terminated{};
  if (text.empty() || text.size() >= terminated.size()) return {};
  std::memcpy(terminated.data(), text.data(), text.size());
  std::array<char, 16> bytes{};
  const bool four = text.find(':') == std::string_view::npos;
  if (inet_pton(four ? AF_INET : AF_INET6, terminated.data(), bytes.data()) != 1) return {};
  return std::string(unmapped({bytes.data(), four ? 4U : 16U}));
}

bool is_public_address(std::string_view bytes) {
  if (bytes.size() == 4) return is_public_4(bytes);
  return bytes.size() == 16 && is_public_6(bytes);
}

std::optional<AddressRanges> AddressRanges::read(const std::vector<std::string>& texts) {
  AddressRanges read;
  for (const std::string& text : texts) {
    if (text == "all") {
      read.all_ = true;
      continue;
    }
    const std::size_t slash = text.find('/');
    Range range{address_bytes(text.substr(0, slash)), 0};
    if (range.bytes.empty()) return std::nullopt;
    range.bits = range.bytes.size() * 8;
    if (slash != std::string::npos) {
      const char* const end = text.data() + text.size();
      std::size_t bits = 0;
      const auto [stop, error] = std::from_chars(text.data() + slash + 1, end, bits);
      if (error != std::errc{} || stop != end || bits > range.bits) return std::nullopt;
      range.bits = bits;
    }
    read.ranges_.push_back(std::move(range));
  }
  return read;
}

bool AddressRanges::contain(std::string_view bytes) const {
  if (all_) return true;
  const std::string_view plain = unmapped(bytes);
  return std::any_of(ranges_.begin(), ranges_.end(),
                     [&](const Range& range) { return same_bits(plain, range.bytes, range.bits); });
}

}  // namespace factory
