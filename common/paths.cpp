#include "common/paths.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "common/digest.hpp"

namespace factory {
namespace {

constexpr mode_t kPrivateFile = 0600;
constexpr mode_t kPrivateFolder = 0700;
constexpr mode_t kOthers = 0077;

/// A file descriptor that is closed at the end of its scope.
class File {
 public:
  File(const std::filesystem::path& path, int flags, mode_t mode = 0)
      : fd_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  [[nodiscard]] bool open() const { return fd_ >= 0; }
  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_;
};

Error problem(ErrorCode code, std::string detail, std::string hint = {}) {
  return {code, std::move(detail), std::move(hint), {}, {}};
}

/// The last failed system call in words.
Error system_problem(const char* what, const std::filesystem::path& path) {
  const int number = errno;
  ErrorCode code = ErrorCode::internal;
  if (number == ENOENT || number == ENOTDIR) code = ErrorCode::not_found;
  if (number == EACCES || number == EPERM) code = ErrorCode::forbidden;
  return problem(code, std::string("Cannot ") + what + " " + path.string() + ": " +
                           std::generic_category().message(number) + ".");
}

Result<std::string> read_all(const File& file, const std::filesystem::path& path,
                             std::size_t max_bytes) {
  std::string content;
  char chunk[16384];
  for (;;) {
    const ssize_t got = ::read(file.fd(), chunk, sizeof chunk);
    if (got == 0) return content;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_problem("read", path);
    content.append(chunk, static_cast<std::size_t>(got));
    if (content.size() > max_bytes) {
      return problem(ErrorCode::payload_too_large,
                     path.string() + " is larger than " + std::to_string(max_bytes) + " bytes.");
    }
  }
}

Status write_all(const File& file, const std::filesystem::path& path, std::string_view content) {
  while (!content.empty()) {
    const ssize_t put = ::write(file.fd(), content.data(), content.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return system_problem("write", path);
    content.remove_prefix(static_cast<std::size_t>(put));
  }
  if (::fsync(file.fd()) != 0) return system_problem("flush", path);
  return Done{};
}

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

/// The value of an environment variable if it is an absolute path, as the XDG specification asks.
std::filesystem::path absolute_from(const char* variable) {
  const char* const value = std::getenv(variable);
  std::filesystem::path path(value == nullptr ? "" : value);
  return path.is_absolute() ? path : std::filesystem::path{};
}

Status make_folders(const std::filesystem::path& path) {
  if (path.empty() || ::access(path.c_str(), F_OK) == 0) return Done{};
  if (const Status above = make_folders(path.parent_path()); !above.ok()) return above;
  if (::mkdir(path.c_str(), kPrivateFolder) != 0 && errno != EEXIST) {
    return system_problem("make the folder", path);
  }
  return Done{};
}

}  // namespace

std::filesystem::path default_data_dir() {
  if (const auto data = absolute_from("XDG_DATA_HOME"); !data.empty())
    return data / "agent-factory";
  const auto home = absolute_from("HOME");
  return home.empty() ? home : home / ".local" / "share" / "agent-factory";
}

Result<std::string> read_file(const std::filesystem::path& path, std::size_t max_bytes) {
  const File file(path, O_RDONLY);
  if (!file.open()) return system_problem("open", path);
  return read_all(file, path, max_bytes);
}

Result<std::string> read_secret_file(const std::filesystem::path& path, std::size_t max_bytes) {
  // The rights are read from the open file, so that nobody can swap it in between; O_NONBLOCK
  // keeps a named pipe in its place from holding the program up.
  const File file(path, O_RDONLY | O_NONBLOCK);
  if (!file.open()) return system_problem("open", path);
  struct stat status {};
  if (::fstat(file.fd(), &status) != 0) return system_problem("look at", path);
  if (!S_ISREG(status.st_mode)) {
    return problem(ErrorCode::forbidden, path.string() + " holds a secret but is no plain file.");
  }
  if (status.st_uid != ::geteuid() && status.st_uid != 0) {
    return problem(ErrorCode::forbidden,
                   path.string() + " holds a secret but belongs to another user.");
  }
  if ((status.st_mode & kOthers) != 0) {
    return problem(ErrorCode::forbidden,
                   path.string() + " holds a secret, but other users can get at it.",
                   "Run: chmod 600 " + path.string());
  }
  return read_all(file, path, max_bytes);
}

Status write_file_private(const std::filesystem::path& path, std::string_view content) {
  const std::filesystem::path fresh = path.string() + "." + random_token(6) + ".new";
  {
    const File file(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, kPrivateFile);
    if (!file.open()) return system_problem("make", fresh);
    if (Status written = write_all(file, fresh, content); !written.ok()) {
      ::unlink(fresh.c_str());
      return written;
    }
  }
  if (::rename(fresh.c_str(), path.c_str()) != 0) {
    Error error = system_problem("replace", path);
    ::unlink(fresh.c_str());
    return error;
  }
  const File folder(folder_of(path), O_RDONLY | O_DIRECTORY);
  if (!folder.open() || ::fsync(folder.fd()) != 0) return system_problem("flush", folder_of(path));
  return Done{};
}

Status ensure_private_dir(const std::filesystem::path& path) {
  if (const Status made = make_folders(path); !made.ok()) return made;
  const File folder(path, O_RDONLY | O_DIRECTORY);
  struct stat status {};
  if (!folder.open() || ::fstat(folder.fd(), &status) != 0) return system_problem("open", path);
  if (status.st_uid != ::geteuid()) {
    return problem(ErrorCode::forbidden, path.string() + " belongs to another user.");
  }
  if ((status.st_mode & kOthers) == 0) return Done{};
  std::error_code failure;
  if (!std::filesystem::is_empty(path, failure) || failure) {
    return problem(ErrorCode::forbidden,
                   path.string() + " is to hold secrets, but other users can get at it.",
                   "Run: chmod 700 " + path.string());
  }
  if (::fchmod(folder.fd(), kPrivateFolder) != 0) {
    return system_problem("narrow the rights of", path);
  }
  return Done{};
}

}  // namespace factory
