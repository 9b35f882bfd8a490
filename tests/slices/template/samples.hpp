#pragma once

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "common/embedded.hpp"
#include "slices/template/template.hpp"

namespace factory::test {

/// The definition that the product comes with.
inline nlohmann::json standard_definition() {
  for (const EmbeddedFile& file : embedded_schemas()) {
    if (file.path == "templates/mcp-server-standard.json") return nlohmann::json::parse(file.text);
  }
  throw std::runtime_error("the standard template is not compiled in");
}

/// The same with an RFC 6902 patch applied.
inline nlohmann::json patched(const std::string& patch) {
  return standard_definition().patch(nlohmann::json::parse(patch));
}

inline pipeline_template::Loaded loaded(const nlohmann::json& definition) {
  auto load = pipeline_template::read_definition(definition);
  if (!load) throw std::runtime_error(load.error().detail);
  return load->loaded;
}

/// Whether one of the errors names this place with these words.
inline bool names(const Error& error, const std::string& pointer, const std::string& words) {
  for (const FieldError& field : error.fields) {
    if (field.pointer == pointer && field.detail.find(words) != std::string::npos) return true;
  }
  return false;
}

/// For a test's message.
inline std::string listed(const Error& error) {
  std::string text = error.detail;
  for (const FieldError& field : error.fields) text += "\n" + field.pointer + ": " + field.detail;
  return text;
}

}  // namespace factory::test
