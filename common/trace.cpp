#include "common/trace.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include "common/entropy.hpp"

namespace factory {
namespace {

constexpr std::size_t kTraceStart = 3;
constexpr std::size_t kSpanStart = 36;
constexpr std::size_t kFlagsStart = 53;
constexpr std::size_t kSize = 55;

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_id(std::string_view text) {
  return is_hex(text) && text.find_first_not_of('0') != std::string_view::npos;
}

std::string random_id(std::size_t digits) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::array<unsigned char, 16> bytes{};
  random_bytes(bytes.data(), digits / 2);
  std::string id;
  for (std::size_t i = 0; i < digits / 2; ++i) {
    id.push_back(hex[bytes.at(i) >> 4U]);
    id.push_back(hex[bytes.at(i) & 15U]);
  }
  if (id.find_first_not_of('0') == std::string::npos) id.back() = '1';
  return id;
}

}  // namespace

std::optional<TraceContext> parse_traceparent(std::string_view text) {
  if (text.size() < kSize || !is_hex(text.substr(0, 2)) || text.starts_with("ff")) {
    return std::nullopt;
  }
  const bool first_version = text.starts_with("00");
  if (text.size() > kSize && (first_version || text[kSize] != '-')) return std::nullopt;
  if (text[2] != '-' || text[kSpanStart - 1] != '-' || text[kFlagsStart - 1] != '-') {
    return std::nullopt;
  }
  const std::string_view trace = text.substr(kTraceStart, 32);
  const std::string_view span = text.substr(kSpanStart, 16);
  const std::string_view flags = text.substr(kFlagsStart, 2);
  if (!is_id(trace) || !is_id(span) || !is_hex(flags)) return std::nullopt;
  const char low = flags[1];
  const int value = low <= '9' ? low - '0' : low - 'a' + 10;
  return TraceContext{std::string(trace), std::string(span), (value & 1) == 1};
}

std::string format_traceparent(const TraceContext& context) {
  return "00-" + context.trace_id + "-" + context.span_id + (context.sampled ? "-01" : "-00");
}

TraceContext new_span(const std::optional<TraceContext>& parent) {
  if (parent) return {parent->trace_id, random_id(16), parent->sampled};
  return {random_id(32), random_id(16), true};
}

std::int64_t unix_nanos() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

}  // namespace factory
