#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <variant>
#include <vector>

#include "domain/decision.hpp"
#include "domain/plan.hpp"

/// A pipeline template: stages, gates, checks and SLA as data, stored by digest.
namespace factory::pipeline_template {

struct Loaded {
  static constexpr std::string_view type = "template.loaded";
  std::string name;
  std::string version;
  std::string title;
  std::string description;
  std::string digest;   ///< SHA-256 of the definition's canonical text
  JsonText definition;  ///< the whole file
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("name", &Loaded::name),     field("version", &Loaded::version),
                      field("title", &Loaded::title),   field("description", &Loaded::description),
                      field("digest", &Loaded::digest), field("definition", &Loaded::definition),
                      field("at", &Loaded::at)};
  }
};
using Event = std::variant<Loaded>;

struct State {
  bool exists = false;
  Loaded loaded;
};

struct Load {
  Loaded loaded;  ///< `at` is filled by decide
};
using Command = std::variant<Load>;

Result<Decision<Event>> decide(const State& state, const Command& command, const Ctx& ctx);
State evolve(State state, const Event& event);
View view(const std::string& id, const State& state);

/// Checks a definition (its shape against schemas/defs/template.json, names, references between
/// stages, parameters, policies) and makes the command that loads it. The error names the place.
Result<Load> read_definition(const nlohmann::json& definition);
/// The stream of a definition: by its digest, so that the same text is loaded once.
std::string stream_of(const Loaded& loaded);

/// Fills in the parameters (checked against the template's declarations; defaults where none are
/// given). Errors name the parameter.
Result<Plan> instantiate(const Loaded& loaded, const nlohmann::json& parameters);

/// The templates that new pipelines can use: the latest loaded of each name. Thread-safe.
class Book {
 public:
  void put(const Loaded& loaded);
  /// By name; nullptr if there is none.
  [[nodiscard]] std::shared_ptr<const Loaded> find(const std::string& name) const;
  [[nodiscard]] std::vector<std::shared_ptr<const Loaded>> all() const;
  /// What `instantiate` gives; the last ones are kept, as most pipelines take the same.
  Result<std::shared_ptr<const Plan>> plan(const Loaded& loaded,
                                           const nlohmann::json& parameters) const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<const Loaded>> templates_;  ///< in order of name
  mutable std::map<std::string, std::shared_ptr<const Plan>> plans_;
};

struct Definition {
  using State = pipeline_template::State;
  using Command = pipeline_template::Command;
  using Event = pipeline_template::Event;
  static constexpr std::string_view kind = "template";
  static constexpr std::string_view prefix = "tmpl";
  static constexpr int view_version = 1;
  static Command timer_fired(const std::string& /*name*/) { return Load{}; }
};

}  // namespace factory::pipeline_template
