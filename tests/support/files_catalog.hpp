#pragma once

#include <filesystem>
#include <memory>

#include "common/catalog.hpp"

namespace factory::test {

/// The catalog of a folder that is laid out like schemas/.
std::shared_ptr<const Catalog> catalog_of(const std::filesystem::path& folder);

/// The catalog of tests/mcp/catalog/: notes that can be listed, made and renamed.
inline std::shared_ptr<const Catalog> notes_catalog() {
  return catalog_of(AF_SOURCE_DIR "/tests/mcp/catalog");
}

}  // namespace factory::test
