#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/clock.hpp"
#include "common/digest.hpp"

namespace factory {

/// The randomness of one command, from which its ids are made: a value, so that whoever uses it
/// stays pure. The same seed and index always give the same id.
struct IdSeed {
  Time at{};
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  /// "<prefix>_<uuid>", a UUIDv7 (RFC 9562) with the time `at`; `index` tells apart the ids of
  /// one command.
  [[nodiscard]] std::string make(std::string_view prefix, std::uint32_t index = 0) const;
  /// The seed of the n-th follow-up of this command.
  [[nodiscard]] IdSeed child(std::uint32_t index) const;
};

/// A source of seeds. Thread-safe. Tests give their own, to be repeatable.
class IdSource {
 public:
  virtual ~IdSource() = default;
  virtual IdSeed next(Time at) = 0;
};

/// Seeds from the operating system's randomness.
class SystemIds final : public IdSource {
 public:
  IdSeed next(Time at) override;
};

/// "<prefix>_<uuid>", a UUIDv8 (RFC 9562 section 5.8) made of the hash: the one id of whatever the
/// hash was taken of, so that there are never two of it.
std::string derived_id(std::string_view prefix, const Hash& hash);

/// True if `text` looks like an id with this prefix ("pipe" for "pipe_0190…").
bool has_prefix(std::string_view id, std::string_view prefix);

}  // namespace factory
