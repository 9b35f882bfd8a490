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

  /// Definitions are read, and put into `definitions` without references, when they are first
  /// needed.
  explicit ReferenceInliner(Definitions& definitions) : definitions_(definitions) {}

  /// Makes "defs/x.json" known. `text` must outlive this object.
  void add(std::string_view file, std::string_view text) { texts_.emplace(file, text); }

  /// Inlines every `{"$ref": "defs/x.json"}` in `value`. Beside a reference only annotations
  /// (title, description, default, deprecated, examples) may stand; they replace the definition's
  /// own. Throws std::runtime_error if a definition is missing, is no JSON, refers to itself over
  /// however many steps, or a reference has another form.
  void inline_all(nlohmann::json& value);

  /// A definition without references; throws as above.
  const nlohmann::json& definition(std::string_view file);

 private:
  void replace(nlohmann::json& reference);

  enum class State { open, done };
  Definitions& definitions_;
  std::map<std::string_view, std::string_view> texts_;
  std::map<std::string, State, std::less<>> states_;
};

}  // namespace factory
