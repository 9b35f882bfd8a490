#include "common/mcp/features.hpp"

#include <algorithm>
#include <utility>

namespace factory::mcp {

using nlohmann::json;

Features::Features(std::shared_ptr<const Catalog> catalog, FeatureOptions options, Backend& backend)
    : catalog_(std::move(catalog)), options_(std::move(options)), backend_(backend) {
  for (const Tool& tool : catalog_->tools()) {
    const bool chosen =
        options_.toolsets.empty() ||
        std::ranges::find(options_.toolsets, tool.toolset) != options_.toolsets.end();
    if (chosen && (!options_.read_only || tool.read_only())) tools_.push_back(&tool);
  }
}

json Features::server_info(const Revision& revision) const {
  json info{{"name", options_.name}, {"version", options_.version}};
  if (revision.titles) info["title"] = options_.title;
  if (revision.described_server && !options_.description.empty()) {
    info["description"] = options_.description;
  }
  return info;
}

json Features::capabilities(const Revision& revision) const {
  json all{{"tools", json::object()}, {"resources", json::object()}, {"prompts", json::object()}};
  // Lines that cannot be answered, as they show no id, are told as log messages there.
  if (!revision.modern) all["logging"] = json::object();
  return all;
}

}  // namespace factory::mcp
