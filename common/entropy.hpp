#pragma once

#include <cstddef>

namespace factory {

/// Fills `count` bytes at `target` from the operating system's randomness (getrandom(2)).
/// Throws std::system_error if the system has none. Thread-safe.
void random_bytes(void* target, std::size_t count);

}  // namespace factory
