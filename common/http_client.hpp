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
  Millis timeout{30'000};
  Millis connect_timeout{2'000};
  std::size_t max_response_bytes = 16U << 20U;
};

struct HttpResponse {
  int status = 0;
  std::multimap<std::string, std::string> headers;  ///< names in lower case
  std::string body;
};

/// An HTTP client that keeps its connections. Thread-safe: concurrent calls use handles of their
/// own. Redirects are not followed; only http and https are spoken.
class HttpClient {
 public:
  HttpClient();
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// An answer of whatever status, or `unavailable` when there was none (refused, timed out,
  /// cancelled through `stop`, too large); data["reason"] then is one of refused, timeout,
  /// cancelled, too_large, other.
  Result<HttpResponse> send(const HttpRequest& request, std::stop_token stop = {});

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace factory
