#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/catalog.hpp"
#include "http/router.hpp"
#include "http/server.hpp"
#include "tests/http/raw_client.hpp"

namespace factory::test {

/// Routes, keys and handlers that a test of the HTTP edge needs.
struct Rig {
  Rig();

  /// The headers of somebody who holds the key of this role.
  [[nodiscard]] std::string as(Role role) const;
  http::Router& router();  ///< made at the first call
  /// A server of this router on a free port.
  std::string serve(http::Limits limits = {});
  http::Server& server() { return *server_; }

  std::vector<Route> routes;
  std::map<std::string, std::vector<std::string>> scopes;
  http::Handlers handlers;
  std::map<std::string, std::shared_ptr<const http::Credential>> keys;
  http::EdgeOptions edge;     ///< of the router, which is made at the first call
  std::atomic<int> calls{0};  ///< how often a handler ran

 private:
  std::map<Role, std::string> tokens_;
  std::unique_ptr<http::Router> router_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace factory::test
