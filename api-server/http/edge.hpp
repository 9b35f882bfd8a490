#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"
#include "http/client_address.hpp"
#include "http/cors.hpp"
#include "http/message.hpp"
#include "http/rate_limit.hpp"

namespace factory::http {

struct EdgeOptions {
  RateLimits rates;                          ///< without quotas: nobody is limited
  std::vector<std::string> cors_origins;     ///< exact; each has passed check_origin
  std::vector<std::string> trusted_proxies;  ///< addresses whose X-Forwarded-For is believed
  bool https = false;                        ///< this server speaks TLS itself
};

/// What stands around every route: how often somebody may call, which pages of the web may, and
/// what browsers are told. Thread-safe.
class Edge {
 public:
  explicit Edge(const EdgeOptions& options);

  /// Whom a request comes from.
  [[nodiscard]] std::string client(std::string_view peer, const Head& head) const {
    return std::string(addresses_.of(peer, head.list("X-Forwarded-For")));
  }

  /// Counts one request: of the principal if it has a name, else of the address. `rate_limited`
  /// once the quota is used up; what is told to the client goes into `verdict`. Whoever calls from
  /// this machine itself is counted for logins only.
  Status charge(RateClass rate, std::string_view principal, std::string_view address,
                std::chrono::steady_clock::time_point now, RateVerdict& verdict);

  /// Adds what browsers and clients are told with every answer, but for fields that stand already.
  /// `head`: nullptr if the request never had one.
  void dress(const Head* head, std::string_view allow, const RateVerdict& verdict,
             Outgoing& outgoing) const;

 private:
  ClientAddress addresses_;
  RateLimiter limiter_;
  Cors cors_;
  bool https_;
};

}  // namespace factory::http
