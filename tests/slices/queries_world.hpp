#pragma once

#include <any>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/runner.hpp"
#include "http/services.hpp"
#include "slices/template/template.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/spec.hpp"
#include "tests/support/temp_dir.hpp"

namespace factory::test {

/// What a request asks for, besides the operation.
struct Ask {
  std::map<std::string, std::string> path;
  nlohmann::json query = nlohmann::json::object();
  nlohmann::json body = nlohmann::json::object();
  std::string idempotency_key;
  std::optional<std::int64_t> if_match;
};

/// The whole server without its HTTP edge, on a real store: requests go to the bound handlers as
/// the edge would pass them on, and every answer is checked against its route's schema.
class World {
 public:
  explicit World(const std::vector<Principal>& everybody);

  void people(const std::vector<Principal>& everybody);
  Result<http::Answer> send(const Principal& who, const std::string& operation, Ask ask = {});
  /// The answer's document. Throws std::runtime_error if it was refused or breaks its schema.
  nlohmann::json ok(const Principal& who, const std::string& operation, Ask ask = {});
  /// Why it was refused. Throws std::runtime_error if it was not.
  Error refused(const Principal& who, const std::string& operation, Ask ask = {});

  /// Runs a command as the engine gets it from elsewhere. Throws if it is refused.
  void run(const Principal& who, const std::string& stream, std::any command);
  /// A new pipeline of the small plan with two-hour SLA; stands at "building".
  std::string pipeline(const std::string& name, Priority priority = Priority::medium,
                       const GatePolicy& review = {});
  /// The same after building and testing were reported: waits for its review.
  std::string in_review(const std::string& name, Priority priority = Priority::medium,
                        const GatePolicy& review = {});
  /// A task of a pipeline, outside of its stages.
  std::string task(const std::string& pipeline, const std::string& type, Priority priority);
  /// The open approval task of a pipeline, as task.list shows it.
  nlohmann::json approval_task(const std::string& pipeline);
  nlohmann::json doc(const std::string& id);
  void fire(const std::string& stream, const std::string& timer);

  FakeClock clock;
  Services& services() { return *services_; }
  storage::Store& store() { return *store_; }

 private:
  TempDir dir_;
  SystemIds ids_;
  std::shared_ptr<const Catalog> catalog_;
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<storage::SearchIndex> search_;
  std::unique_ptr<storage::Blobs> blobs_;
  pipeline_template::Book templates_;
  std::shared_ptr<const Directory> people_;
  std::unique_ptr<engine::Runner> runner_;
  std::unique_ptr<Services> services_;
  http::Handlers handlers_;
};

/// Who acts in these stories: ada (owner), bob and carl (operators; carl of group security), vera
/// (viewer), bot (agent).
std::vector<Principal> cast();
inline const Principal ada = person("ada", Role::owner);
inline const Principal bob = person("bob");
inline const Principal carl = person("carl", Role::operator_, {"security"});
inline const Principal vera = person("vera", Role::viewer);
inline const Principal bot = agent("bot");

}  // namespace factory::test
