#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>

#include "common/catalog.hpp"
#include "common/catalog_refs.hpp"

namespace factory {

/// Reads the files of schemas/ into a catalog. The folder of a file says what it is; files that
/// the catalog has no use for (events/, meta/, errors.json) are left alone.
class CatalogReader {
 public:
  explicit CatalogReader(CatalogExtent extent);

  /// Throws std::runtime_error that names the file.
  std::shared_ptr<const Catalog> read(std::span<const EmbeddedFile> files);

 private:
  void read_definitions(std::span<const EmbeddedFile> files);
  void read_file(const EmbeddedFile& file);
  void read_routes(nlohmann::json file);
  void read_tool(nlohmann::json file);
  void read_resource(nlohmann::json file);
  void read_prompt(nlohmann::json file);
  void read_event_type(nlohmann::json file);
  void read_roles(const nlohmann::json& file);
  void check_links() const;

  CatalogExtent extent_;
  std::shared_ptr<Catalog> catalog_;
  ReferenceInliner inliner_;
};

}  // namespace factory
