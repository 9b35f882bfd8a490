#pragma once

#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "app.hpp"
#include "common/http_client.hpp"
#include "tests/support/temp_dir.hpp"

namespace factory::test {

/// A real server with a few people, and whatever an example needs to stand before it runs.
///
/// The ids in the examples of schemas/routes/ are made up; they all look like
/// "task_01993e5a-7c00-7000-8000-000000000001". What comes before the underscore says what has to
/// be there: a fresh one is made and put in its place.
class ExampleWorld {
 public:
  struct Reply {
    int status = 0;
    std::string type;  ///< Content-Type
    std::string body;
    std::multimap<std::string, std::string> headers;
    [[nodiscard]] nlohmann::json json() const { return nlohmann::json::parse(body); }
  };

  ExampleWorld();

  App& app() { return *app_; }

  /// One request of somebody ("owner", "erin" the admin, "nobody", …). `type` empty: no body.
  Reply call(const std::string& who, const std::string& method, const std::string& target,
             const std::string& body = "", const std::string& type = "",
             const std::vector<std::pair<std::string, std::string>>& headers = {});
  /// The same with a JSON body that must succeed; the answer. Throws with what was said otherwise.
  nlohmann::json must(const std::string& who, const std::string& method, const std::string& target,
                      const nlohmann::json& body = nullptr);

  /// The id of something fresh: "pipe", "pipe in review", "gate", "task", "key", …
  std::string fresh(const std::string& kind) { return make(kind); }

  /// Runs an example as erin, or whoever its setting names, in a world made ready for it.
  Reply run(const Route& route, const nlohmann::json& example);

 private:
  /// Example id -> the id of what stands in for it.
  using StandIns = std::map<std::string, std::string>;
  /// What has to be done first, and who calls.
  struct Setting {
    std::function<void(ExampleWorld&, const nlohmann::json& example, StandIns&)> arrange;
    std::string who = "erin";
  };
  static const std::map<std::string, Setting>& settings();
  /// Those of users, groups and sessions.
  static std::map<std::string, Setting> people_settings();

  void add_key(const std::string& name, const std::string& role);
  std::string make(const std::string& prefix);
  nlohmann::json pipeline_at(const std::string& stage);
  std::string open_gate();
  std::string open_task();
  std::string fix_task();
  std::string dead_effect();
  std::string agent();
  std::string webhook();
  std::string report();
  /// A new operator with a password.
  std::string user();
  /// Their tokens; "visitor" is whoever signed in last.
  nlohmann::json signed_in(const std::string& name);
  std::string asset();  ///< with two versions
  std::string upload(const std::string& pipeline, const std::string& stage, const std::string& path,
                     const std::string& text);
  std::string task_of_gate(const std::string& gate);
  /// The digest that the gate of this id, or of this task, shows.
  std::string digest_of(const std::string& id);

  TempDir folder_;
  std::unique_ptr<App> app_;
  HttpClient client_;
  std::map<std::string, std::string> tokens_;
  int made_ = 0;
};

}  // namespace factory::test
