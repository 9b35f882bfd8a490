#include "common/entropy.hpp"

#include <sys/random.h>

#include <cerrno>
#include <system_error>

namespace factory {

void random_bytes(void* target, std::size_t count) {
  auto* at = static_cast<unsigned char*>(target);
  while (count > 0) {
    const ssize_t got = ::getrandom(at, count, 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      throw std::system_error(errno, std::generic_category(), "getrandom");
    }
    at += got;
    count -= static_cast<std::size_t>(got);
  }
}

}  // namespace factory
