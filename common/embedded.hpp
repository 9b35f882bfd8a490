#pragma once

#include <span>
#include <string_view>

namespace factory {

/// One file that was compiled in. Both views live as long as the program.
struct EmbeddedFile {
  std::string_view path;  ///< relative to schemas/, e.g. "tools/factory_search.json"
  std::string_view text;
};

/// Everything under schemas/ (*.json), sorted by path. Thread-safe.
std::span<const EmbeddedFile> embedded_schemas();

}  // namespace factory
