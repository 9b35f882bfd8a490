#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/clock.hpp"

namespace factory::asset {

/// What uploads are held to; set when the server starts.
struct Limits {
  std::uint64_t bytes = std::uint64_t{1} << 30U;  ///< of one file
  std::vector<std::string> media_types;           ///< "text/plain", "image/*"; empty: all
  Millis keep_archived{};                         ///< the bytes of what was deleted; zero: for ever
};

}  // namespace factory::asset
