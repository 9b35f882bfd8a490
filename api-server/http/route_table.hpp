#pragma once

#include <array>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/catalog.hpp"
#include "domain/principal.hpp"
#include "http/handlers.hpp"
#include "http/metrics.hpp"
#include "http/rate_limit.hpp"

namespace factory::http {

/// A declared route with all that a request needs of it, prepared once.
struct BoundRoute {
  const Route& route;  ///< outlives this
  Handler handler;
  std::array<bool, EnumNames<Role>::names.size()> roles{};  ///< who has the scope
  nlohmann::json query;                 ///< an object schema, also where none is declared
  std::vector<std::string> body_types;  ///< none: it takes no body
  bool is_public = false;
  RateClass rate = RateClass::standard;
  Completion completion{};
  RouteCounts* counts = nullptr;  ///< null without metrics
};

/// Finds the route of a path, segment by segment and without regular expressions. Immutable after
/// the last `add`, then thread-safe.
class RouteTable {
 public:
  using Params = std::vector<std::pair<std::string_view, std::string_view>>;  ///< still encoded
  /// What stands at one path, by method.
  using Methods = std::map<std::string, std::unique_ptr<const BoundRoute>, std::less<>>;

  /// Throws std::runtime_error if the same method and path were added before, or if one place has
  /// parameters of two names.
  void add(BoundRoute bound);

  /// The methods of a path, and its parameters in `params`; nullptr if nothing stands there.
  const Methods* find(std::string_view path, Params& params) const;

  /// The path that was probably meant, in words for a hint; empty if there is none.
  [[nodiscard]] std::string suggest(std::string_view path) const;

 private:
  struct Node {
    std::map<std::string, Node, std::less<>> literals;
    std::unique_ptr<Node> parameter;
    std::string parameter_name;
    Methods methods;
  };
  static const Node* descend(const Node& node, std::string_view rest, Params& params);

  Node root_;
};

}  // namespace factory::http
