#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "common/catalog.hpp"
#include "common/http_client.hpp"
#include "common/mcp/backend.hpp"
#include "mcp-stdio/autostart.hpp"
#include "mcp-stdio/backend.hpp"

namespace factory::mcp {

/// Where the parts of a call go, as the catalog says it.
struct HttpParts {
  std::string method;
  std::string target;        ///< path and query, percent-encoded
  std::string content_type;  ///< empty: no body
  std::string body;
};

/// Puts arguments where `mapping` says. Arguments that are absent or null are left out. The error
/// is `invalid_request` and names the argument that cannot stand where it should.
Result<HttpParts> http_parts(const Catalog& catalog, const HttpMapping& mapping,
                             const nlohmann::json& arguments);

/// Carries out calls over HTTP. A POST has a fresh Idempotency-Key, so that it can be sent once
/// more when the connection broke. Finds the server at the first call, finds it again when it has
/// moved, and starts it if it may. Thread-safe.
class Bridge final : public Backend {
 public:
  Bridge(std::shared_ptr<const Catalog> catalog, BackendSettings settings, bool autostart);

  BackendAnswer call(const HttpMapping& mapping, const nlohmann::json& arguments,
                     const CallContext& context) override;

 private:
  Result<HttpResponse> deliver(HttpRequest& request, const std::string& target,
                               const std::stop_token& stop);
  /// The endpoint of the last success, or a newly found one; `fresh` looks again.
  Result<Endpoint> endpoint(bool fresh, const std::stop_token& stop);
  /// After a failed connection: the server where it is now, started if need be.
  Result<Endpoint> reconnect(const std::stop_token& stop);

  std::shared_ptr<const Catalog> catalog_;
  BackendLocator locator_;
  HttpClient client_;
  Autostart autostart_;
  std::mutex mutex_;
  std::optional<Endpoint> known_;  ///< under mutex_
};

}  // namespace factory::mcp
