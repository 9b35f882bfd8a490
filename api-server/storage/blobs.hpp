#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace factory::storage {

/// Large things by the SHA-256 of their bytes. Thread-safe.
class Blobs {
 public:
  virtual ~Blobs() = default;
  /// Returns the digest in hex when the bytes are on disk. The same bytes again cost nothing.
  virtual std::string put(std::string_view bytes) = 0;
  /// The bytes, checked against the digest; nullopt if there are none. Throws StoreFailure if the
  /// file is damaged.
  virtual std::optional<std::string> get(const std::string& digest) = 0;
};

}  // namespace factory::storage
