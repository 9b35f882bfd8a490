#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/catalog.hpp"
#include "http/auth.hpp"
#include "http/edge.hpp"
#include "http/handlers.hpp"
#include "http/message.hpp"
#include "http/route_table.hpp"
#include "http/watch.hpp"

namespace factory::storage {
class AccessLog;
}

namespace factory::http {

/// What a router is made of. All but the routes is copied.
struct RouterParts {
  const std::vector<Route>& routes;  ///< of the catalog; they outlive the router
  const std::map<std::string, std::vector<std::string>>& scopes;  ///< role -> its scopes
  const Handlers& handlers;
  Authenticate authenticate;
  WatchParts watch;
  bool check_answers = false;  ///< an answer that its schema refuses becomes a 500; for tests
  /// What a request with this Idempotency-Key was answered when it was carried out; nullopt: it
  /// was not, or the key belongs to another request, which is the engine's to refuse. Empty: keys
  /// are the handlers' alone.
  std::function<std::optional<Answer>(const Request&)> given_before{};
  EdgeOptions edge{};
  storage::AccessLog* access = nullptr;  ///< the access trail; null: none is kept
  std::set<std::string> open{};  ///< operations that ask for no principal though declared to
  /// Whether who was let in still is, once the body is there; empty: nobody asks.
  std::function<Status(const Principal&)> stands{};
};

/// From a request to its handler and back: matches the declared route, authenticates, authorises by
/// scope, reads and validates path, query and body, calls the handler, and dresses its answer or
/// its error. Nothing but the head is read of whoever may not do it. Thread-safe.
class Router final : public Application {
 public:
  /// Throws std::runtime_error that names them if a route has no handler or a handler no route,
  /// or a role or scope is unknown.
  explicit Router(const RouterParts& parts);

  Outgoing answer(Incoming& incoming) override;
  Outgoing refuse(const Refusal& refusal) override;

 private:
  struct Call;

  Result<Answer> handle(Call& call) const;
  [[nodiscard]] Status admit(const BoundRoute& bound, Call& call) const;
  /// Counts the request of the principal, or of its address while nobody is known.
  [[nodiscard]] Status charge(Call& call, RateClass rate, std::string_view principal) const;
  [[nodiscard]] Result<Answer> lost(Call& call) const;
  static Result<Answer> whole_server(Call& call);
  [[nodiscard]] Result<Answer> other_method(Call& call, const RouteTable::Methods& methods) const;
  static void check_answer(const BoundRoute& bound, const Answer& answer);
  Outgoing dress(Call& call, Result<Answer> result) const;
  static void leave_unchanged(const Head& head, Outgoing& outgoing);
  std::string new_request_id();

  RouteTable table_;
  Authenticate authenticate_;
  std::function<std::optional<Answer>(const Request&)> given_before_;
  std::function<Status(const Principal&)> stands_;
  WatchParts watch_;
  RouteCounts* lost_counts_ = nullptr;  ///< of requests that no route takes
  bool check_answers_;
  const std::unique_ptr<Edge> edge_;
  storage::AccessLog* access_;
  std::string id_prefix_;  ///< of this process, so that ids of two never meet
  std::atomic<std::uint64_t> requests_{0};
};

}  // namespace factory::http
