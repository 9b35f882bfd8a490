#pragma once

#include <cstddef>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/catalog.hpp"
#include "common/mcp/backend.hpp"
#include "common/mcp/jsonrpc.hpp"
#include "common/mcp/render.hpp"
#include "common/mcp/versions.hpp"
#include "common/otlp.hpp"

namespace factory::mcp {

/// Who this server says it is and what it shows. The same for all clients of one process.
struct FeatureOptions {
  std::string name;
  std::string title;
  std::string description;
  std::string version;
  std::string instructions;            ///< for the model: how to use the whole
  std::vector<std::string> toolsets;   ///< those to show; empty: all
  bool read_only = false;              ///< show only tools that change nothing
  std::size_t page_size = 100;         ///< entries on one page of a list
  std::size_t budget = result_budget;  ///< characters of one result
  SpanExporter* spans = nullptr;       ///< told of tool calls; null: nobody. Outlives the features
};

/// One request, as the methods below see it.
struct Call {
  const Revision& revision;
  const nlohmann::json& params;  ///< an object
  CallContext context;
  std::string id;  ///< of the request, as JSON text
};

/// What the catalog offers, in the words of each revision: lists, and calls handed on to the
/// backend. Has no state beyond its options; thread-safe.
class Features {
 public:
  /// `backend` must outlive this.
  Features(std::shared_ptr<const Catalog> catalog, FeatureOptions options, Backend& backend);

  [[nodiscard]] nlohmann::json server_info(const Revision& revision) const;
  [[nodiscard]] nlohmann::json capabilities(const Revision& revision) const;
  [[nodiscard]] const std::string& instructions() const { return options_.instructions; }

  [[nodiscard]] Outcome list_tools(const Call& call) const;
  [[nodiscard]] Outcome list_resources(const Call& call) const;
  [[nodiscard]] Outcome list_resource_templates(const Call& call) const;
  [[nodiscard]] Outcome list_prompts(const Call& call) const;

  /// MCP "Tools": an unknown tool is an RPC error; what goes wrong with the call itself is a
  /// result with `isError`.
  [[nodiscard]] Outcome call_tool(const Call& call) const;
  [[nodiscard]] Outcome read_resource(const Call& call) const;
  [[nodiscard]] Outcome get_prompt(const Call& call) const;

 private:
  [[nodiscard]] const Tool* offered_tool(const std::string& name) const;
  [[nodiscard]] RpcError unknown_tool(const std::string& name) const;
  [[nodiscard]] Outcome answer_tool_call(const Call& call) const;
  [[nodiscard]] nlohmann::json run_tool(const Tool& tool, const nlohmann::json& arguments,
                                        const Call& call) const;
  [[nodiscard]] nlohmann::json fitting(const Tool& tool, nlohmann::json document,
                                       nlohmann::json arguments, const CallContext& context) const;

  std::shared_ptr<const Catalog> catalog_;
  FeatureOptions options_;
  Backend& backend_;
  std::vector<const Tool*> tools_;
};

/// Adds what the modern revision wants on results that may be kept: `ttlMs` and `cacheScope`.
void add_cache_hint(const Revision& revision, nlohmann::json& result, int ttl_ms, bool for_all);

}  // namespace factory::mcp
