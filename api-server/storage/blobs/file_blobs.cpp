#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <ctime>
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

/// A file that is being made. It is taken away again unless it was moved to its place.
class Fresh {
 public:
  explicit Fresh(std::string path)
      : path_(std::move(path)), file_(path_, O_WRONLY | O_CREAT | O_TRUNC) {
    if (!file_.is_open()) fail("create", path_);
  }
  ~Fresh() {
    if (!moved_) ::unlink(path_.c_str());
  }
  Fresh(const Fresh&) = delete;
  Fresh& operator=(const Fresh&) = delete;

  void write(std::string_view bytes) {
    size_ += bytes.size();
    while (!bytes.empty()) {
      const auto written = ::write(file_.get(), bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail("write", path_);
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  void flush() {
    if (::fsync(file_.get()) != 0) fail("flush", path_);
  }
  void move_to(const std::string& place) {
    if (::rename(path_.c_str(), place.c_str()) != 0) fail("move to", place);
    moved_ = true;
  }
  [[nodiscard]] std::uint64_t size() const { return size_; }

 private:
  const std::string path_;
  const Handle file_;
  std::uint64_t size_ = 0;
  bool moved_ = false;
};

std::size_t read_at(int file, const std::string& path, std::uint64_t offset, char* target,
                    std::size_t size) {
  std::size_t length = 0;
  while (length < size) {
    const auto got =
        ::pread(file, target + length, size - length, static_cast<off_t>(offset + length));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("read", path);
    if (got == 0) break;
    length += static_cast<std::size_t>(got);
  }
  return length;
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
  // Shorter than it was a moment ago: the digest will not fit.
  bytes.resize(read_at(file.get(), path, 0, bytes.data(), bytes.size()));
  return bytes;
}

/// 64 hex digits in lower case: never a path made by a stranger.
bool is_digest(const std::string& text) {
  const auto hash = hash_from_hex(text);
  return hash && to_hex(*hash) == text;
}

class FileReader final : public BlobReader {
 public:
  FileReader(std::string path, std::unique_ptr<Handle> file, std::uint64_t size)
      : path_(std::move(path)), file_(std::move(file)), size_(size) {}
  [[nodiscard]] std::uint64_t size() const override { return size_; }
  std::size_t read(std::uint64_t offset, char* target, std::size_t size) override {
    return read_at(file_->get(), path_, offset, target, size);
  }

 private:
  std::string path_;
  std::unique_ptr<Handle> file_;
  std::uint64_t size_;
};

/// FOLDER/ab/abcdef…, made as FOLDER/incoming/N and moved there when its bytes are on disk.
class FileBlobs final : public Blobs {
 public:
  FileBlobs(std::string folder, bool leave_unfinished) : folder_(std::move(folder)) {
    make_folder(folder_);
    make_folder(incoming());
    if (leave_unfinished) return;
    // What a killed process left there was never promised to anybody.
    std::error_code error;
    for (const auto& left : std::filesystem::directory_iterator(incoming(), error)) {
      std::filesystem::remove(left.path(), error);
    }
    flush_folder(folder_);
  }

  std::string put(std::string_view bytes) override {
    const Hash hash = sha256(bytes);
    Shelf& shelf = shelves_[hash[0]];
    // Who stores the same bytes at the same time waits here until they are safe.
    const std::lock_guard lock(shelf.mutex);
    if (std::string digest = to_hex(hash); keep_old(shelf, digest, bytes.size())) return digest;
    Fresh fresh(fresh_path());
    fresh.write(bytes);
    fresh.flush();
    return place(fresh, to_hex(hash));
  }

  std::optional<std::string> get(const std::string& digest) override {
    if (!is_digest(digest)) return std::nullopt;
    auto bytes = read_all(file_of(digest));
    if (bytes && to_hex(sha256(*bytes)) != digest) {
      throw StoreFailure(file_of(digest) + " is damaged");
    }
    return bytes;
  }

  std::unique_ptr<BlobWriter> writer() override;

  std::unique_ptr<BlobReader> open(const std::string& digest) override {
    if (!is_digest(digest)) return nullptr;
    const std::string path = file_of(digest);
    auto file = std::make_unique<Handle>(path, O_RDONLY);
    if (!file->is_open()) {
      if (errno == ENOENT) return nullptr;
      fail("open", path);
    }
    struct stat about {};
    if (::fstat(file->get(), &about) != 0) fail("look at", path);
    return std::make_unique<FileReader>(path, std::move(file),
                                        static_cast<std::uint64_t>(about.st_size));
  }

  void each(const std::function<void(const BlobInfo&)>& visit) override {
    for (std::size_t i = 0; i < shelves_.size(); ++i) {
      std::error_code error;  // a shelf that was never needed
      const std::string shelf =
          folder_ + "/" + to_hex(Hash{static_cast<unsigned char>(i)}).substr(0, 2);
      for (const auto& entry : std::filesystem::directory_iterator(shelf, error)) {
        const std::string digest = entry.path().filename().string();
        const auto about = is_digest(digest) ? look_at(digest) : std::nullopt;
        if (about) visit({digest, static_cast<std::uint64_t>(about->st_size), age_of(*about)});
      }
    }
  }

  bool remove(const std::string& digest, std::chrono::seconds grace) override {
    const auto hash = hash_from_hex(digest);
    if (!hash || !is_digest(digest)) return false;
    // Whoever is about to store it either made it young before this, or finds it gone.
    const std::lock_guard lock(shelves_[(*hash)[0]].mutex);
    const auto about = look_at(digest);
    if (!about || age_of(*about) < grace) return false;
    return ::unlink(file_of(digest).c_str()) == 0;
  }

  /// Moves what a writer has made and flushed to its place.
  std::string settle(Fresh& fresh, const Hash& hash) {
    Shelf& shelf = shelves_[hash[0]];
    const std::lock_guard lock(shelf.mutex);
    if (std::string digest = to_hex(hash); keep_old(shelf, digest, fresh.size())) return digest;
    return place(fresh, to_hex(hash));
  }

  std::string fresh_path() { return incoming() + "/" + std::to_string(++made_); }

 private:
  struct Shelf {
    std::mutex mutex;
    bool safe = false;  ///< it stands, and all that is in it, on disk
  };

  [[nodiscard]] std::string incoming() const { return folder_ + "/incoming"; }
  [[nodiscard]] std::string shelf_path(const std::string& digest) const {
    return folder_ + "/" + digest.substr(0, 2);
  }
  [[nodiscard]] std::string file_of(const std::string& digest) const {
    return shelf_path(digest) + "/" + digest;
  }
  [[nodiscard]] std::optional<struct stat> look_at(const std::string& digest) const {
    struct stat about {};
    if (::stat(file_of(digest).c_str(), &about) != 0) return std::nullopt;
    return about;
  }
  static std::chrono::seconds age_of(const struct stat& about) {
    return std::chrono::seconds(std::time(nullptr) - about.st_mtim.tv_sec);
  }

  /// True if the blob is there already: it is then as young as a new one. With the shelf's lock.
  bool keep_old(Shelf& shelf, const std::string& digest, std::uint64_t size) {
    if (!shelf.safe) {
      make_folder(shelf_path(digest));
      flush_folder(folder_);
      flush_folder(shelf_path(digest));  // a process that was killed may not have come to it
      shelf.safe = true;
    }
    const auto about = look_at(digest);
    if (!about || static_cast<std::uint64_t>(about->st_size) != size) return false;
    return ::utimensat(AT_FDCWD, file_of(digest).c_str(), nullptr, 0) == 0;
  }

  std::string place(Fresh& fresh, std::string digest) {
    fresh.move_to(file_of(digest));
    flush_folder(shelf_path(digest));
    return digest;
  }

  const std::string folder_;
  std::array<Shelf, 256> shelves_;
  std::atomic<std::uint64_t> made_ = 0;
};

class FileWriter final : public BlobWriter {
 public:
  explicit FileWriter(FileBlobs& blobs)
      : blobs_(blobs), fresh_(std::make_unique<Fresh>(blobs.fresh_path())) {}
  void write(std::string_view bytes) override {
    digest_.update(bytes);
    fresh_->write(bytes);
  }
  std::string finish() override {
    const std::unique_ptr<Fresh> fresh = std::move(fresh_);
    fresh->flush();
    return blobs_.settle(*fresh, digest_.finish());
  }

 private:
  FileBlobs& blobs_;
  std::unique_ptr<Fresh> fresh_;
  Sha256 digest_;
};

std::unique_ptr<BlobWriter> FileBlobs::writer() { return std::make_unique<FileWriter>(*this); }

}  // namespace

std::unique_ptr<Blobs> open_file_blobs(const std::string& folder, bool leave_unfinished) {
  return std::make_unique<FileBlobs>(folder, leave_unfinished);
}

}  // namespace factory::storage
