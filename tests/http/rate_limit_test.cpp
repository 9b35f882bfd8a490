#include "http/rate_limit.hpp"

#include <atomic>
#include <barrier>
#include <thread>

#include "http/client_address.hpp"
#include "tests/support/catch.hpp"

namespace factory::test {
namespace {

using http::RateClass;
using http::RateLimiter;
using http::RateVerdict;
using std::chrono::milliseconds;
using std::chrono::seconds;

http::RateLimits limits(std::uint32_t standard, std::uint32_t login = 0,
                        std::uint32_t destructive = 0) {
  http::RateLimits made;
  made.of(RateClass::standard).requests = standard;
  made.of(RateClass::login).requests = login;
  made.of(RateClass::destructive).requests = destructive;
  return made;
}

/// Time moved by hand.
struct Bench {
  explicit Bench(const http::RateLimits& given) : limiter(given) {}
  RateVerdict take(std::string_view who = "alice", RateClass rate = RateClass::standard) {
    return limiter.take(rate, 'p', who, now);
  }
  RateLimiter limiter;
  std::chrono::steady_clock::time_point now{std::chrono::hours(1000)};
};

}  // namespace

TEST_CASE("a bucket gives its quota at once, then as it refills") {
  Bench bench(limits(6));
  for (std::uint32_t left = 6; left > 0; --left) {
    const RateVerdict verdict = bench.take();
    CHECK(verdict.counted);
    CHECK(verdict.allowed);
    CHECK(verdict.remaining == left - 1);
    CHECK(verdict.full_in == seconds(10 * (7 - left)));
  }
  RateVerdict refused = bench.take();
  CHECK_FALSE(refused.allowed);
  CHECK(refused.remaining == 0);
  CHECK(refused.retry_after == seconds(10));
  bench.now += milliseconds(9'999);
  refused = bench.take();
  CHECK_FALSE(refused.allowed);
  CHECK(refused.retry_after == seconds(1));
  bench.now += milliseconds(1);
  CHECK(bench.take().allowed);
  CHECK_FALSE(bench.take().allowed);
  bench.now += seconds(60);
  CHECK(bench.take().remaining == 5);
}

TEST_CASE("callers, kinds of callers and classes have buckets of their own") {
  Bench bench(limits(1, 1, 1));
  CHECK(bench.take().allowed);
  CHECK_FALSE(bench.take().allowed);
  CHECK(bench.take("bob").allowed);
  CHECK(bench.take("alice", RateClass::destructive).allowed);
  CHECK(bench.take("alice", RateClass::login).allowed);
  CHECK(bench.limiter.take(RateClass::standard, 'a', "alice", bench.now).allowed);
}

TEST_CASE("a quota of nothing limits nobody") {
  Bench bench(limits(0, 5));
  CHECK_FALSE(bench.limiter.limits(RateClass::standard));
  CHECK(bench.limiter.limits(RateClass::login));
  for (int i = 0; i < 1000; ++i) CHECK_FALSE(bench.take().counted);
}

TEST_CASE("the fields are told as the draft has them") {
  Bench bench(limits(100, 0, 7));
  CHECK(bench.limiter.policy(RateClass::standard) == R"("default";q=100;w=60)");
  CHECK(bench.limiter.policy(RateClass::destructive) == R"("destructive";q=7;w=60)");
  CHECK(RateLimiter::state(bench.take()) == R"("default";r=99;t=1)");
  CHECK(RateLimiter::state(bench.take("alice", RateClass::destructive)) ==
        R"("destructive";r=6;t=9)");
}

TEST_CASE("memory is bounded, and who is forgotten is who used least") {
  http::RateLimits few = limits(4);
  few.callers = 8;
  Bench bench(few);
  for (int i = 0; i < 3; ++i) CHECK(bench.take("busy").allowed);
  for (int i = 0; i < 1000; ++i) CHECK(bench.take("passer-by " + std::to_string(i)).allowed);
  CHECK(bench.take("busy").remaining == 0);
  CHECK_FALSE(bench.take("busy").allowed);
}

TEST_CASE("threads that take at once get the quota and no more") {
  Bench bench(limits(1000));
  std::atomic<int> allowed{0};
  {
    std::barrier start(8);
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        start.arrive_and_wait();
        for (int k = 0; k < 500; ++k) {
          if (bench.take().allowed) ++allowed;
        }
      });
    }
  }
  CHECK(allowed == 1000);
}

TEST_CASE("addresses are read in any form, and a v6 network counts as one caller") {
  CHECK(http::network_of("192.0.2.1").bytes == std::string("\xc0\x00\x02\x01", 4));
  CHECK(http::network_of("::ffff:192.0.2.1").bytes == http::network_of("192.0.2.1").bytes);
  CHECK(http::network_of("[2001:db8::1]").bytes == http::network_of("2001:db8::ffff:1").bytes);
  CHECK(http::network_of("2001:db8::1").bytes != http::network_of("2001:db8:0:1::1").bytes);
  for (const char* const own : {"127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"}) {
    CHECK(http::network_of(own).loopback);
  }
  for (const char* const other : {"192.0.2.1", "::2", "::", "2001:db8::1"}) {
    CHECK_FALSE(http::network_of(other).loopback);
  }
  for (const char* const none : {"", "localhost", "192.0.2", "1.2.3.4:80", "::1%lo", "[", "[]"}) {
    INFO(none);
    CHECK_FALSE(http::network_of(none));
  }
}

TEST_CASE("only a trusted proxy says whom it speaks for") {
  const http::ClientAddress alone({});
  CHECK(alone.of("127.0.0.1", "203.0.113.9") == "127.0.0.1");
  const http::ClientAddress behind({"10.0.0.2", "10.0.0.3"});
  CHECK(behind.of("198.51.100.1", "203.0.113.9") == "198.51.100.1");
  CHECK(behind.of("10.0.0.2", "203.0.113.9") == "203.0.113.9");
  CHECK(behind.of("::ffff:10.0.0.2", "203.0.113.9") == "203.0.113.9");
  CHECK(behind.of("10.0.0.2", "1.1.1.1, 203.0.113.9 , 10.0.0.3") == "203.0.113.9");
  CHECK(behind.of("10.0.0.2", "1.1.1.1, made up") == "10.0.0.2");
  CHECK(behind.of("10.0.0.2", "1.1.1.1, , 10.0.0.3") == "10.0.0.3");
  CHECK(behind.of("10.0.0.2", "") == "10.0.0.2");
  CHECK(behind.of("10.0.0.2", "10.0.0.3") == "10.0.0.3");
  CHECK(behind.of("10.0.0.2", ",,,") == "10.0.0.2");
}

}  // namespace factory::test
