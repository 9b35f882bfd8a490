#pragma once

#include <cstdint>
#include <string_view>

namespace factory::asset {

/// Which bytes of a representation are asked for.
struct Range {
  enum class Kind { whole, part, unsatisfiable };
  Kind kind = Kind::whole;
  std::uint64_t first = 0;
  std::uint64_t count = 0;
};

/// Reads a Range field (RFC 9110 section 14.2) for `size` bytes. The whole for none, for one that
/// is malformed, of another unit or of several ranges: a server may ignore those.
Range range_of(std::string_view field, std::uint64_t size);

}  // namespace factory::asset
