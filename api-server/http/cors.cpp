#include "http/cors.hpp"

#include <algorithm>

namespace factory::http {
namespace {

constexpr std::string_view kRequestFields =
    "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, Range, "
    "X-API-Key, X-Request-Id, traceparent";
constexpr std::string_view kAnswerFields =
    "Content-Disposition, Deprecation, ETag, Idempotency-Replayed, Link, Location, RateLimit, "
    "RateLimit-Policy, Retry-After, Sunset, X-API-Version, X-Request-Id";
/// How long a browser need not ask again, in seconds; Chromium keeps no answer longer.
constexpr std::string_view kMaxAge = "7200";

}  // namespace

void Cors::dress(const Head& head, std::string_view allow, Outgoing& outgoing) const {
  if (origins_.empty()) return;
  auto& headers = outgoing.headers;
  const bool options = head.method == "OPTIONS";
  headers.emplace_back("Vary", options ? "Origin, Access-Control-Request-Method, "
                                         "Access-Control-Request-Headers"
                                       : "Origin");
  const std::string_view origin = head.header("Origin");
  if (origin.empty() || origins_.find(origin) == origins_.end()) return;
  headers.emplace_back("Access-Control-Allow-Origin", origin);
  if (options && head.has("Access-Control-Request-Method")) {
    if (allow.empty()) return;
    headers.emplace_back("Access-Control-Allow-Methods", allow);
    headers.emplace_back("Access-Control-Allow-Headers", kRequestFields);
    headers.emplace_back("Access-Control-Max-Age", kMaxAge);
  } else {
    headers.emplace_back("Access-Control-Expose-Headers", kAnswerFields);
  }
}

Status check_origin(std::string_view origin) {
  const auto wrong = [&](const char* why) {
    return Error{ErrorCode::invalid_request,
                 "\"" + std::string(origin) + "\" is no origin: " + why + ".",
                 "Name it as a browser does: https://console.example.com or http://localhost:5173.",
                 {},
                 {}};
  };
  if (origin == "*") return wrong("each origin must be named");
  std::string_view rest = origin;
  if (rest.starts_with("https://")) {
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    return wrong("it must begin with https:// or http://");
  }
  const bool plain = !rest.empty() && std::all_of(rest.begin(), rest.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view(".-:[]_").find(c) != std::string_view::npos;
  });
  if (!plain) return wrong("a host and a port in lower case follow the scheme, and nothing else");
  const std::string_view own = origin.starts_with("https://") ? ":443" : ":80";
  if (rest.ends_with(own)) return wrong("browsers leave the scheme's own port out");
  return Done{};
}

}  // namespace factory::http
