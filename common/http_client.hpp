#pragma once

#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "common/clock.hpp"
#include "common/result.hpp"

namespace factory {

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  Millis timeout{30'000};         ///< for the whole call; 0 is no limit
  Millis connect_timeout{2'000};  ///< name lookup included
  std::size_t max_response_bytes = 16U << 20U;
  /// PEM file of the authorities to trust instead of the system's; empty: those.
  std::string ca_file;
};

struct HttpResponse {
  int status = 0;
  std::multimap<std::string, std::string> headers;  ///< names in lower case
  std::string body;
};

/// An HTTP client that keeps its connections. Thread-safe: concurrent calls use handles of their
/// own. Redirects are not followed; only http and https are spoken. A proxy named by the
/// environment is used, but never for this machine itself. A request on a kept connection that
/// the server has closed meanwhile is sent once more on a new one: use an Idempotency-Key where
/// that matters.
class HttpClient {
 public:
  HttpClient();
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// An answer of whatever status, or `unavailable` when there was none (refused, timed out,
  /// cancelled through `stop`, too large); data["reason"] then is one of refused, timeout,
  /// cancelled, too_large, certificate, other. A request that cannot be sent (control characters in
  /// method or header, no http address) is `invalid_request`. The words name the server but never
  /// the path, the query, a header or the body. Returns within milliseconds after `stop` is
  /// requested.
  Result<HttpResponse> send(const HttpRequest& request, const std::stop_token& stop = {});

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace factory
