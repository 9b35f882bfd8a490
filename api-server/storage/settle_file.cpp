#include "storage/settle_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "storage/store.hpp"

namespace factory::storage {
namespace {

[[noreturn]] void fail(const char* doing, const std::string& path) {
  throw StoreFailure(std::string(doing) + " " + path + ": " + std::strerror(errno));
}

void flush(const std::string& path, int flags) {
  const int file = ::open(path.c_str(), flags | O_CLOEXEC);
  if (file < 0) fail("open", path);
  const bool flushed = ::fsync(file) == 0;
  ::close(file);
  if (!flushed) fail("flush", path);
}

}  // namespace

void settle_file(const std::string& part, const std::string& name) {
  if (::chmod(part.c_str(), 0600) != 0) fail("narrow", part);
  flush(part, O_RDONLY);
  if (std::rename(part.c_str(), name.c_str()) != 0) fail("rename", part);
  flush(name.substr(0, name.rfind('/')), O_RDONLY | O_DIRECTORY);
}

}  // namespace factory::storage
