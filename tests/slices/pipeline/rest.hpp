#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "app.hpp"
#include "common/http_client.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/temp_dir.hpp"

namespace factory::test {

/// What came back. `body` is null if there was none.
struct Answered {
  int status = 0;
  nlohmann::json body;
  std::multimap<std::string, std::string> headers;

  [[nodiscard]] std::string header(const std::string& name) const;
  /// Whether the problem names this field, with these words.
  [[nodiscard]] bool names(const std::string& pointer, const std::string& words) const;
};

/// What is asked, besides the operation. A body that is a string goes out as XML.
struct Asked {
  std::map<std::string, std::string> path;
  nlohmann::json query = nlohmann::json::object();
  nlohmann::json body;
  std::vector<std::pair<std::string, std::string>> headers;
};

/// A real server in a folder of its own, called over HTTP by its owner unless somebody else is
/// named. Each request comes a second after the one before: no two things are of one moment, so
/// that lists have an order. Every good answer is held against the schema that its route declares.
class Rest {
 public:
  Rest();

  Answered ask(const std::string& operation, const Asked& asked = {},
               const std::string& who = "owner");
  /// The answer's document; throws std::runtime_error if the request was refused.
  nlohmann::json ok(const std::string& operation, const Asked& asked = {},
                    const std::string& who = "owner");
  /// Makes somebody who can act.
  void add(const std::string& name, const std::string& role, const nlohmann::json& groups = {});
  /// Makes a key, with which `who` asks from now on.
  void add_key(const std::string& who, nlohmann::json key);

  /// A new pipeline of the standard template; its id.
  std::string pipeline(const nlohmann::json& more = nlohmann::json::object());
  /// Reports the stage's work as succeeded, with this evidence; the pipeline's document.
  nlohmann::json report(const std::string& id, const std::string& stage,
                        nlohmann::json evidence = nlohmann::json::object());
  /// Brings a new pipeline up to its review.
  std::string in_review();
  /// Approves what the pipeline waits for; the pipeline's document.
  nlohmann::json approve(const std::string& id);

  Core& core() { return app_->core(); }

 private:
  TempDir folder_;
  std::shared_ptr<FakeClock> clock_ = std::make_shared<FakeClock>();
  std::unique_ptr<App> app_;
  HttpClient client_;
  std::map<std::string, std::string> tokens_;
};

inline Asked at(const std::string& pipeline, nlohmann::json body = nullptr) {
  return {{{"pipeline_id", pipeline}}, nlohmann::json::object(), std::move(body), {}};
}
inline Asked at_stage(const std::string& pipeline, const std::string& stage, nlohmann::json body) {
  return {
      {{"pipeline_id", pipeline}, {"stage", stage}}, nlohmann::json::object(), std::move(body), {}};
}
inline Asked where(nlohmann::json query) { return {{}, std::move(query), nullptr, {}}; }
inline Asked with(nlohmann::json body) {
  return {{}, nlohmann::json::object(), std::move(body), {}};
}

}  // namespace factory::test
