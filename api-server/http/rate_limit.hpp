#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "domain/fields.hpp"

namespace factory::http {

/// What a route costs its caller, as schemas/routes declares it (`rate`).
enum class RateClass { standard, login, destructive };
inline constexpr std::size_t kRateClasses = 3;

/// `requests` at once, refilled evenly over `window`: a token bucket. 0 requests: no limit.
struct Quota {
  std::uint32_t requests = 0;
  std::chrono::seconds window{60};
};

struct RateLimits {
  std::array<Quota, kRateClasses> quotas{};  ///< by RateClass
  /// How many callers are remembered (16 bytes each). Beyond them whoever has used the least is
  /// forgotten first, which costs nothing but to give a full bucket back to it.
  std::size_t callers = 65'536;

  Quota& of(RateClass rate) { return quotas.at(static_cast<std::size_t>(rate)); }
};

/// What became of one request.
struct RateVerdict {
  bool counted = false;  ///< a limit applies: the rest is told to the client
  bool allowed = true;
  RateClass rate = RateClass::standard;
  std::uint32_t remaining = 0;          ///< requests that would be allowed right now
  std::chrono::seconds full_in{0};      ///< until the whole quota is there again, rounded up
  std::chrono::seconds retry_after{0};  ///< of a refusal: at least 1
};

/// Token buckets for whoever calls, in memory of a fixed size. Thread-safe; a call allocates
/// nothing and takes one lock of many.
class RateLimiter {
 public:
  explicit RateLimiter(const RateLimits& limits);

  [[nodiscard]] bool limits(RateClass rate) const { return bucket(rate).interval > 0; }

  /// Takes one request out of the caller's bucket of this class, unless it is empty. `space` keeps
  /// callers of two kinds with the same name apart.
  RateVerdict take(RateClass rate, char space, std::string_view caller,
                   std::chrono::steady_clock::time_point now);

  /// `"default";q=6000;w=60`: the value of RateLimit-Policy
  /// (draft-ietf-httpapi-ratelimit-headers-11 section 2).
  [[nodiscard]] const std::string& policy(RateClass rate) const { return bucket(rate).policy; }
  /// `"default";r=5999;t=1`: the value of RateLimit (section 3 there).
  static std::string state(const RateVerdict& verdict);

 private:
  struct Bucket {
    std::int64_t interval = 0;  ///< ns in which one request comes back; 0: no limit
    std::int64_t depth = 0;     ///< ns in which an empty bucket fills
    std::string policy;
  };
  struct Slot {
    std::uint64_t caller = 0;  ///< its hash; 0: nobody
    std::int64_t full_at = 0;  ///< ns of the steady clock
  };
  static constexpr std::size_t kWays = 8;
  static constexpr std::size_t kLocks = 64;
  using Set = std::array<Slot, kWays>;

  [[nodiscard]] const Bucket& bucket(RateClass rate) const {
    return buckets_[static_cast<std::size_t>(rate)];
  }
  [[nodiscard]] std::uint64_t hash(RateClass rate, char space, std::string_view caller) const;
  static Slot& slot_of(Set& set, std::uint64_t caller);

  std::array<Bucket, kRateClasses> buckets_;
  std::uint64_t seed_ = 0;  ///< so that nobody can choose names that meet
  std::size_t set_count_;   ///< a power of two
  /// Of calloc, which gives pages that take no memory until somebody is noted in them.
  std::unique_ptr<Set[], decltype(&std::free)> sets_;
  std::array<std::mutex, kLocks> locks_;
};

}  // namespace factory::http

namespace factory {
template <>
struct EnumNames<http::RateClass> {
  static constexpr std::array<std::string_view, http::kRateClasses> names{"default", "login",
                                                                          "destructive"};
};
}  // namespace factory
