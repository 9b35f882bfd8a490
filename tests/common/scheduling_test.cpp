#include "common/scheduling.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <thread>

#include "tests/support/catch.hpp"

namespace factory::test {
namespace {

/// struct sched_attr, whose header and <thread> exclude each other in some versions of glibc.
struct Attributes {
  std::uint32_t size = 0;
  std::uint32_t policy = 0;
  std::uint64_t flags = 0;
  std::int32_t niceness = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime = 0;
  std::uint64_t deadline = 0;
  std::uint64_t period = 0;
};

Attributes attributes() {
  Attributes attr;
  REQUIRE(::syscall(SYS_sched_getattr, 0, &attr, sizeof attr, 0) == 0);
  return attr;
}

TEST_CASE("a thread in long slices keeps its policy and niceness, and others theirs") {
  const Attributes before = attributes();
  Attributes within;
  std::jthread([&] {
    work_in_long_slices();
    within = attributes();
  }).join();
  CHECK(within.policy == before.policy);
  CHECK(within.niceness == before.niceness);
  // Kernels before 6.12 tell of no slice.
  if (before.runtime != 0) CHECK(within.runtime > before.runtime);
  CHECK(attributes().runtime == before.runtime);
}

}  // namespace
}  // namespace factory::test
