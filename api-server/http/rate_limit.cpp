#include "http/rate_limit.hpp"

#include <algorithm>
#include <bit>
#include <new>

#include "common/entropy.hpp"

namespace factory::http {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

seconds rounded_up(std::int64_t ns) { return std::chrono::ceil<seconds>(nanoseconds(ns)); }

std::string quoted(RateClass rate) { return "\"" + std::string(name_of(rate)) + "\""; }

}  // namespace

RateLimiter::RateLimiter(const RateLimits& limits)
    : set_count_(std::bit_ceil(std::max<std::size_t>(limits.callers / kWays, 1))),
      sets_(static_cast<Set*>(std::calloc(set_count_, sizeof(Set))), &std::free) {
  if (sets_ == nullptr) throw std::bad_alloc();
  random_bytes(&seed_, sizeof seed_);
  for (std::size_t i = 0; i < kRateClasses; ++i) {
    const Quota& quota = limits.quotas[i];
    if (quota.requests == 0) continue;
    Bucket& made = buckets_[i];
    made.interval = nanoseconds(quota.window).count() / quota.requests;
    made.depth = made.interval * quota.requests;
    made.policy = quoted(static_cast<RateClass>(i)) + ";q=" + std::to_string(quota.requests) +
                  ";w=" + std::to_string(quota.window.count());
  }
}

std::uint64_t RateLimiter::hash(RateClass rate, char space, std::string_view caller) const {
  constexpr std::uint64_t kPrime = 0x100000001b3;  // FNV-1a over the bytes, then MurmurHash3's end
  std::uint64_t value = seed_;
  const auto mix = [&value](unsigned char byte) { value = (value ^ byte) * kPrime; };
  mix(static_cast<unsigned char>(rate));
  mix(static_cast<unsigned char>(space));
  for (const char c : caller) mix(static_cast<unsigned char>(c));
  value = (value ^ (value >> 33U)) * 0xff51afd7ed558ccdULL;
  value = (value ^ (value >> 33U)) * 0xc4ceb9fe1a85ec53ULL;
  return std::max<std::uint64_t>(value ^ (value >> 33U), 1);
}

RateLimiter::Slot& RateLimiter::slot_of(Set& set, std::uint64_t caller) {
  for (Slot& slot : set) {
    if (slot.caller == caller) return slot;
  }
  Slot& fullest = *std::min_element(
      set.begin(), set.end(),
      [](const Slot& left, const Slot& right) { return left.full_at < right.full_at; });
  fullest = {caller, 0};
  return fullest;
}

RateVerdict RateLimiter::take(RateClass rate, char space, std::string_view caller,
                              std::chrono::steady_clock::time_point now) {
  RateVerdict verdict;
  const Bucket& limit = bucket(rate);
  if (limit.interval == 0) return verdict;
  const std::uint64_t name = hash(rate, space, caller);
  const std::size_t set = name & (set_count_ - 1);
  const std::int64_t at = nanoseconds(now.time_since_epoch()).count();
  const std::lock_guard lock(locks_[set % kLocks]);
  Slot& slot = slot_of(sets_[set], name);
  std::int64_t missing = std::max<std::int64_t>(slot.full_at - at, 0);
  verdict.counted = true;
  verdict.rate = rate;
  verdict.allowed = missing + limit.interval <= limit.depth;
  if (verdict.allowed) {
    missing += limit.interval;
    slot.full_at = at + missing;
  } else {
    verdict.retry_after = rounded_up(missing + limit.interval - limit.depth);
  }
  verdict.remaining = static_cast<std::uint32_t>((limit.depth - missing) / limit.interval);
  verdict.full_in = rounded_up(missing);
  return verdict;
}

std::string RateLimiter::state(const RateVerdict& verdict) {
  return quoted(verdict.rate) + ";r=" + std::to_string(verdict.remaining) +
         ";t=" + std::to_string(verdict.full_in.count());
}

}  // namespace factory::http
