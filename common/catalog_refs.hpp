#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace factory {

/// Replaces references to the shared schemas by the schemas themselves.
class ReferenceInliner {
 public:
  using Definitions = std::map<std::string, nlohmann::json, std::less<>>;

  /// `definitions` maps "defs/x.json" to its schema; what they refer to is inlined in place when
  /// it is first needed.
  explicit ReferenceInliner(Definitions& definitions) : definitions_(definitions) {}

  /// Inlines every `{"$ref": "defs/x.json"}` in `value`. Beside a reference only annotations
  /// (title, description, default, deprecated, examples) may stand; they replace the definition's
  /// own. Throws std::runtime_error if a definition is missing, refers to itself over however
  /// many steps, or a reference has another form.
  void inline_all(nlohmann::json& value);

  /// A definition without references; throws as above.
  const nlohmann::json& definition(std::string_view file);

 private:
  void replace(nlohmann::json& reference);

  enum class State { open, done };
  Definitions& definitions_;
  std::map<std::string, State, std::less<>> states_;
};

}  // namespace factory
