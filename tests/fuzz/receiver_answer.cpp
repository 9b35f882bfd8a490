// What receivers answer: whatever stands in their headers, the next attempt is due within bounds.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "effects/channel.hpp"

namespace {

using namespace factory;
using Outcome = engine::Attempt::Outcome;

void require(bool holds) {
  if (!holds) std::abort();
}

void check(int status, const std::string& value) {
  HttpResponse answer;
  answer.status = status;
  answer.headers.emplace("retry-after", value);
  const auto wait = effects::seconds_of(answer, "retry-after");
  if (wait) require(*wait >= Millis{0} && *wait <= Millis{1'000'001'000});
  require(!effects::seconds_of(answer, "x-ratelimit-reset-after"));
  const engine::Attempt attempt = effects::judge("somebody", answer);
  require((attempt.outcome == Outcome::done) == (status >= 200 && status < 300));
  require((attempt.outcome == Outcome::done) == attempt.error.empty());
  if (attempt.after) require(*attempt.after >= Millis{1000} && *attempt.after <= Millis{3'600'000});
  if (attempt.after) require(attempt.outcome == Outcome::retry);
  if (status >= 500) require(attempt.outcome == Outcome::retry);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const int status = 100 + ((data[0] << 8U) | data[1]) % 900;
  const std::string value(reinterpret_cast<const char*>(data) + 2, size - 2);
  check(status, value);
  check(429, value);
  check(503, value);
  return 0;
}
