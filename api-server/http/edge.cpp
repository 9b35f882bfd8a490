#include "http/edge.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "common/text.hpp"

namespace factory::http {
namespace {

using Field = std::pair<std::string_view, std::string_view>;

/// Nothing here is for a browser to run, frame, guess at or keep, and no address leaks to another
/// site. An answer that is a page (the API description, a rendered report) sets its own policy.
constexpr std::array<Field, 6> kForBrowsers{{
    {"Cache-Control", "no-store"},
    {"X-Content-Type-Options", "nosniff"},
    {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "no-referrer"},
    {"Permissions-Policy", "camera=(), geolocation=(), microphone=()"},
}};
/// RFC 6797: a year. Only over TLS, where a browser would believe it.
constexpr Field kOnlyTls{"Strict-Transport-Security", "max-age=31536000"};

bool stands(const Outgoing& outgoing, std::string_view name) {
  return std::any_of(outgoing.headers.begin(), outgoing.headers.end(),
                     [&](const auto& field) { return equal_ignoring_case(field.first, name); });
}

Error too_many(const RateVerdict& verdict, bool principal) {
  const std::string wait = std::to_string(verdict.retry_after.count());
  Error error{ErrorCode::rate_limited,
              std::string(principal ? "This principal" : "This address") +
                  " has used up its quota of requests of the class " +
                  std::string(name_of(verdict.rate)) + ".",
              "Wait " + wait + " s and try again; the answer's RateLimit fields say what is left.",
              {},
              {}};
  error.data.emplace("retry_after_seconds", wait);
  return error;
}

}  // namespace

Edge::Edge(const EdgeOptions& options)
    : addresses_(options.trusted_proxies),
      limiter_(options.rates),
      cors_(options.cors_origins),
      https_(options.https) {}

Status Edge::charge(RateClass rate, std::string_view principal, std::string_view address,
                    std::chrono::steady_clock::time_point now, RateVerdict& verdict) {
  if (!limiter_.limits(rate)) return Done{};
  const NetworkName network = network_of(address);
  // A tool on the same machine has the machine anyway; guessing passwords stays bounded, as a
  // proxy that was not declared looks the same.
  if (network.loopback && rate != RateClass::login) return Done{};
  const bool known = !principal.empty();
  verdict = known ? limiter_.take(rate, 'p', principal, now)
                  : limiter_.take(rate, 'a', network.bytes, now);
  if (verdict.allowed) return Done{};
  return too_many(verdict, known);
}

void Edge::dress(const Head* head, std::string_view allow, const RateVerdict& verdict,
                 Outgoing& outgoing) const {
  auto& headers = outgoing.headers;
  for (const auto& [name, value] : kForBrowsers) {
    if (!stands(outgoing, name)) headers.emplace_back(name, value);
  }
  if (https_) headers.emplace_back(kOnlyTls);
  if (head != nullptr) cors_.dress(*head, allow, outgoing);
  if (!verdict.counted) return;
  headers.emplace_back("RateLimit-Policy", limiter_.policy(verdict.rate));
  headers.emplace_back("RateLimit", RateLimiter::state(verdict));
}

}  // namespace factory::http
