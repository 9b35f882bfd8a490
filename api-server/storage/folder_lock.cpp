#include "storage/folder_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>

namespace factory::storage {

namespace {

/// Digits that the holder wrote; "unknown" in the moment between its lock and its writing.
std::string holder(int handle) {
  std::array<char, 32> text{};
  const auto length = ::pread(handle, text.data(), text.size(), 0);
  std::string pid;
  for (long i = 0; i < length; ++i) {
    const char c = text[static_cast<std::size_t>(i)];
    if (std::isdigit(static_cast<unsigned char>(c)) == 0) break;
    pid.push_back(c);
  }
  return pid.empty() ? "unknown" : pid;
}

std::string busy_message(const std::string& folder, int handle) {
  return "the data folder " + folder + " is in use by the process " + holder(handle) +
         ": stop it, or choose another folder";
}

}  // namespace

FolderLock::FolderLock(const std::string& folder) {
  const std::string file = folder + "/lock";
  handle_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (handle_ < 0) throw std::runtime_error("cannot open " + file + ": " + std::strerror(errno));
  if (::flock(handle_, LOCK_EX | LOCK_NB) != 0) {
    const int why = errno;
    const std::string message = why == EWOULDBLOCK
                                    ? busy_message(folder, handle_)
                                    : "cannot lock " + file + ": " + std::strerror(why);
    ::close(handle_);
    if (why == EWOULDBLOCK) throw FolderLocked(message);
    throw std::runtime_error(message);
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  const bool written =
      ::ftruncate(handle_, 0) == 0 &&
      ::pwrite(handle_, pid.data(), pid.size(), 0) == static_cast<ssize_t>(pid.size());
  if (!written) {
    const std::string message = "cannot write " + file + ": " + std::strerror(errno);
    ::close(handle_);
    throw std::runtime_error(message);
  }
}

FolderLock::~FolderLock() { ::close(handle_); }

}  // namespace factory::storage
