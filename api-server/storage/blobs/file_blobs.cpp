#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <mutex>

#include "common/digest.hpp"
#include "storage/blobs.hpp"
#include "storage/open.hpp"
#include "storage/store.hpp"

namespace factory::storage {

namespace {

[[noreturn]] void fail(const std::string& doing, const std::string& path) {
  throw StoreFailure(doing + " " + path + ": " + std::strerror(errno));
}

/// A file handle that closes itself.
class Handle {
 public:
  Handle(const std::string& path, int flags)
      : value_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  ~Handle() {
    if (value_ >= 0) ::close(value_);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  [[nodiscard]] int get() const { return value_; }
  [[nodiscard]] bool is_open() const { return value_ >= 0; }

 private:
  int value_;
};

void make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) fail("make folder", path);
}

void flush_folder(const std::string& path) {
  const Handle folder(path, O_RDONLY | O_DIRECTORY);
  if (!folder.is_open() || ::fsync(folder.get()) != 0) fail("flush folder", path);
}

void write_all(const std::string& path, std::string_view bytes) {
  const Handle file(path, O_WRONLY | O_CREAT | O_TRUNC);
  if (!file.is_open()) fail("create", path);
  while (!bytes.empty()) {
    const auto written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("write", path);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(file.get()) != 0) fail("flush", path);
}

/// nullopt if there is no such file.
std::optional<std::string> read_all(const std::string& path) {
  const Handle file(path, O_RDONLY);
  if (!file.is_open()) {
    if (errno == ENOENT) return std::nullopt;
    fail("open", path);
  }
  struct stat about {};
  if (::fstat(file.get(), &about) != 0) fail("look at", path);
  std::string bytes(static_cast<std::size_t>(about.st_size), '\0');
  std::size_t length = 0;
  while (length < bytes.size()) {
    const auto got = ::read(file.get(), bytes.data() + length, bytes.size() - length);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("read", path);
    if (got == 0) break;  // shorter than it was a moment ago: the digest will not fit
    length += static_cast<std::size_t>(got);
  }
  bytes.resize(length);
  return bytes;
}

/// FOLDER/ab/abcdef…, made as FOLDER/incoming/N and moved there when its bytes are on disk.
class FileBlobs final : public Blobs {
 public:
  explicit FileBlobs(std::string folder) : folder_(std::move(folder)) {
    make_folder(folder_);
    make_folder(incoming());
    // What a killed process left there was never promised to anybody.
    std::error_code error;
    for (const auto& left : std::filesystem::directory_iterator(incoming(), error)) {
      std::filesystem::remove(left.path(), error);
    }
    flush_folder(folder_);
  }

  std::string put(std::string_view bytes) override {
    const Hash hash = sha256(bytes);
    const std::string digest = to_hex(hash);
    Shelf& shelf = shelves_[hash[0]];
    // Who stores the same bytes at the same time waits here until they are safe.
    const std::lock_guard lock(shelf.mutex);
    const std::string path = shelf_path(digest);
    if (!shelf.safe) {
      make_folder(path);
      flush_folder(folder_);
      flush_folder(path);  // a process that was killed may not have come to it
      shelf.safe = true;
    }
    const std::string file = path + "/" + digest;
    struct stat about {};
    const bool there = ::stat(file.c_str(), &about) == 0 &&
                       about.st_size == static_cast<decltype(about.st_size)>(bytes.size());
    if (there) return digest;
    const std::string fresh = incoming() + "/" + std::to_string(++made_);
    write_all(fresh, bytes);
    if (::rename(fresh.c_str(), file.c_str()) != 0) fail("move to", file);
    flush_folder(path);
    return digest;
  }

  std::optional<std::string> get(const std::string& digest) override {
    const auto hash = hash_from_hex(digest);
    if (!hash || to_hex(*hash) != digest) return std::nullopt;  // never a path made by a stranger
    const std::string file = shelf_path(digest) + "/" + digest;
    auto bytes = read_all(file);
    if (bytes && sha256(*bytes) != *hash) throw StoreFailure(file + " is damaged");
    return bytes;
  }

 private:
  struct Shelf {
    std::mutex mutex;
    bool safe = false;  ///< it stands, and all that is in it, on disk
  };

  [[nodiscard]] std::string incoming() const { return folder_ + "/incoming"; }
  [[nodiscard]] std::string shelf_path(const std::string& digest) const {
    return folder_ + "/" + digest.substr(0, 2);
  }

  const std::string folder_;
  std::array<Shelf, 256> shelves_;
  std::atomic<std::uint64_t> made_ = 0;
};

}  // namespace

std::unique_ptr<Blobs> open_file_blobs(const std::string& folder) {
  return std::make_unique<FileBlobs>(folder);
}

}  // namespace factory::storage
