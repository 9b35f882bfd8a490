#include "common/catalog.hpp"

#include <algorithm>

#include "common/catalog_reader.hpp"

namespace factory {

bool Tool::read_only() const { return annotations.value("readOnlyHint", false); }

std::shared_ptr<const Catalog> Catalog::embedded(CatalogExtent extent) {
  if (extent == CatalogExtent::client) {
    static const std::shared_ptr<const Catalog> client = from_files(embedded_schemas(), extent);
    return client;
  }
  static const std::shared_ptr<const Catalog> whole = from_files(embedded_schemas(), extent);
  return whole;
}

std::shared_ptr<const Catalog> Catalog::from_files(std::span<const EmbeddedFile> files,
                                                   CatalogExtent extent) {
  return CatalogReader(extent).read(files);
}

const Route* Catalog::route(std::string_view operation) const {
  const auto found = std::find_if(routes_.begin(), routes_.end(),
                                  [&](const Route& route) { return route.operation == operation; });
  return found == routes_.end() ? nullptr : &*found;
}

const Tool* Catalog::tool(std::string_view name) const {
  const auto found = std::find_if(tools_.begin(), tools_.end(),
                                  [&](const Tool& tool) { return tool.name == name; });
  return found == tools_.end() ? nullptr : &*found;
}

const nlohmann::json* Catalog::definition(std::string_view file) const {
  const auto found = definitions_.find(file);
  return found == definitions_.end() ? nullptr : &found->second;
}

}  // namespace factory
