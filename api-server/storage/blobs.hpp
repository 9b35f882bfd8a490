#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace factory::storage {

/// Takes the bytes of one blob as they come. One thread at a time. What was begun and not finished
/// is gone with the writer, and at the latest at the next start.
class BlobWriter {
 public:
  virtual ~BlobWriter() = default;
  /// Throws StoreFailure.
  virtual void write(std::string_view bytes) = 0;
  /// Returns the digest in hex when all the bytes are on disk. Call it once, last.
  virtual std::string finish() = 0;
};

/// Reads any part of one blob. It stays readable while it is open, also when it is removed.
class BlobReader {
 public:
  virtual ~BlobReader() = default;
  [[nodiscard]] virtual std::uint64_t size() const = 0;
  /// Up to `size` bytes from `offset` on; fewer only at the end. Throws StoreFailure. The bytes are
  /// not compared with the digest. Thread-safe.
  virtual std::size_t read(std::uint64_t offset, char* target, std::size_t size) = 0;
};

/// A blob as a listing tells of it.
struct BlobInfo {
  std::string digest;
  std::uint64_t size = 0;
  std::chrono::seconds age{};  ///< since it was stored, or asked to be, for the last time
};

/// Large things by the SHA-256 of their bytes, in one place or another: this is all that it has to
/// do. Thread-safe.
class Blobs {
 public:
  virtual ~Blobs() = default;
  /// Returns the digest in hex when the bytes are on disk. The same bytes again cost nothing.
  virtual std::string put(std::string_view bytes) = 0;
  /// The bytes, checked against the digest; nullopt if there are none. Throws StoreFailure if the
  /// file is damaged.
  virtual std::optional<std::string> get(const std::string& digest) = 0;
  /// The same as `put` in pieces, for what does not fit into memory.
  virtual std::unique_ptr<BlobWriter> writer() = 0;
  /// nullptr if there is no such blob.
  virtual std::unique_ptr<BlobReader> open(const std::string& digest) = 0;
  /// All blobs, in no order. `visit` may remove them.
  virtual void each(const std::function<void(const BlobInfo&)>& visit) = 0;
  /// Takes a blob away, unless it is younger than `grace`: somebody may be about to refer to it.
  /// False if it is, or was gone already.
  virtual bool remove(const std::string& digest, std::chrono::seconds grace) = 0;
};

}  // namespace factory::storage
