#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
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
  bool cut_response = false;  ///< a longer answer is cut there instead of being a failure
  /// PEM file of the authorities to trust instead of the system's; empty: those.
  std::string ca_file;
};

struct HttpResponse {
  int status = 0;
  std::multimap<std::string, std::string> headers;  ///< names in lower case
  std::string body;
  /// What Retry-After asks for, written as seconds or as a date; nullopt: nothing.
  std::optional<Millis> retry_after = std::nullopt;
};

/// The parts of an http or https address, as they would be called: the host in lower case, IPv4 in
/// whatever spelling as four numbers.
struct WebAddress {
  std::string scheme;
  std::string host;  ///< IPv6 in brackets
  bool has_credentials = false;
  bool has_fragment = false;
};

/// nullopt if the text is no http or https address. Thread-safe.
std::optional<WebAddress> read_web_address(const std::string& text);

/// Whether a connection to this address (4 or 16 bytes) may be made. Called from any thread.
using AddressRule = std::function<bool(std::string_view bytes)>;

/// An HTTP client that keeps its connections. Thread-safe: concurrent calls use handles of their
/// own. Redirects are not followed; only http and https are spoken. A proxy named by the
/// environment is used, but never for this machine itself. A request on a kept connection that
/// the server has closed meanwhile is sent once more on a new one: use an Idempotency-Key where
/// that matters.
class HttpClient {
 public:
  HttpClient();
  /// For addresses that strangers name: every connection is made only if `rule` allows the very
  /// address that the socket is about to be connected to, so that no name can be resolved to
  /// something else in between. No proxy is used.
  explicit HttpClient(AddressRule rule);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// An answer of whatever status, or `unavailable` when there was none (refused, timed out,
  /// cancelled through `stop`, too large); data["reason"] then is one of refused, timeout,
  /// cancelled, too_large, certificate, forbidden_address, other. A request that cannot be sent
  /// (control characters in method or header, no http address) is `invalid_request`. The words name
  /// the server but never the path, the query, a header or the body. Returns within milliseconds
  /// after `stop` is requested.
  Result<HttpResponse> send(const HttpRequest& request, const std::stop_token& stop = {});

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace factory
