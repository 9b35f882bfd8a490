#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "common/mcp/features.hpp"

namespace factory::mcp {
namespace {

using nlohmann::json;

/// What is listed is compiled in and cannot change while the process runs.
constexpr int list_ttl_ms = 3'600'000;

void add_text(json& entry, const char* name, const std::string& text) {
  if (!text.empty()) entry[name] = text;
}

json tool_entry(const Tool& tool, const Revision& revision) {
  json entry{
      {"name", tool.name}, {"description", tool.description}, {"inputSchema", tool.input_schema}};
  if (revision.tool_annotations && tool.annotations.is_object()) {
    entry["annotations"] = tool.annotations;
  }
  if (!revision.titles) return entry;
  add_text(entry, "title", tool.title);
  const json& output = tool.output_schema;
  const bool object_only = output.is_object() && output.value("type", json()) == "object";
  if (output.is_object() && (revision.any_structure || object_only)) entry["outputSchema"] = output;
  return entry;
}

json resource_entry(const Resource& resource, const Revision& revision) {
  json entry{{"name", resource.name}};
  if (resource.uri.empty()) {
    entry["uriTemplate"] = resource.uri_template;
  } else {
    entry["uri"] = resource.uri;
  }
  add_text(entry, "description", resource.description);
  add_text(entry, "mimeType", resource.mime_type);
  if (revision.titles) add_text(entry, "title", resource.title);
  return entry;
}

/// An argument without what only this server knows of it (its values and default).
json prompt_argument(const json& argument, const Revision& revision) {
  json entry = json::object();
  for (const char* member : {"name", "description", "required"}) {
    if (argument.contains(member)) entry[member] = argument[member];
  }
  if (revision.titles && argument.contains("title")) entry["title"] = argument["title"];
  return entry;
}

json prompt_entry(const Prompt& prompt, const Revision& revision) {
  json entry{{"name", prompt.name}};
  add_text(entry, "description", prompt.description);
  if (revision.titles) add_text(entry, "title", prompt.title);
  if (!prompt.arguments.is_array()) return entry;
  json& arguments = entry["arguments"] = json::array();
  for (const json& argument : prompt.arguments) {
    arguments.push_back(prompt_argument(argument, revision));
  }
  return entry;
}

/// Where the page starts that the cursor names: "<list>@<offset>"; an empty one is the start.
std::optional<std::size_t> page_start(const json& params, const std::string& list,
                                      std::size_t count) {
  const auto given = params.find("cursor");
  if (given == params.end()) return 0;
  if (!given->is_string()) return std::nullopt;
  const auto& cursor = given->get_ref<const std::string&>();
  if (cursor.empty()) return 0;
  const std::string prefix = list + "@";
  if (!cursor.starts_with(prefix)) return std::nullopt;
  std::size_t offset = 0;
  const char* end = cursor.data() + cursor.size();
  const auto [stop, error] = std::from_chars(cursor.data() + prefix.size(), end, offset);
  if (error != std::errc() || stop != end || offset == 0 || offset >= count) return std::nullopt;
  return offset;
}

/// One page of `entries`, made by `make`.
template <class Entries, class Make>
Outcome page(const Call& call, std::size_t page_size, const std::string& list,
             const Entries& entries, Make make) {
  const auto start = page_start(call.params, list, entries.size());
  if (!start) {
    return RpcError{code::invalid_params, "`cursor` is none that this list has given", nullptr};
  }
  const std::size_t end = std::min(*start + page_size, entries.size());
  json result{{list, json::array()}};
  for (std::size_t i = *start; i < end; ++i) result[list].push_back(make(*entries[i]));
  if (end < entries.size()) result["nextCursor"] = list + "@" + std::to_string(end);
  add_cache_hint(call.revision, result, list_ttl_ms, true);
  return result;
}

template <class T, class Keep>
std::vector<const T*> select(const std::vector<T>& all, Keep keep) {
  std::vector<const T*> chosen;
  for (const T& one : all) {
    if (keep(one)) chosen.push_back(&one);
  }
  return chosen;
}

}  // namespace

void add_cache_hint(const Revision& revision, json& result, int ttl_ms, bool for_all) {
  if (!revision.modern) return;
  result["ttlMs"] = ttl_ms;
  result["cacheScope"] = for_all ? "public" : "private";
}

Outcome Features::list_tools(const Call& call) const {
  return page(call, options_.page_size, "tools", tools_,
              [&](const Tool& tool) { return tool_entry(tool, call.revision); });
}

Outcome Features::list_resources(const Call& call) const {
  const auto chosen =
      select(catalog_->resources(), [](const Resource& one) { return !one.uri.empty(); });
  return page(call, options_.page_size, "resources", chosen,
              [&](const Resource& one) { return resource_entry(one, call.revision); });
}

Outcome Features::list_resource_templates(const Call& call) const {
  const auto chosen =
      select(catalog_->resources(), [](const Resource& one) { return one.uri.empty(); });
  return page(call, options_.page_size, "resourceTemplates", chosen,
              [&](const Resource& one) { return resource_entry(one, call.revision); });
}

Outcome Features::list_prompts(const Call& call) const {
  const auto chosen = select(catalog_->prompts(), [](const Prompt&) { return true; });
  return page(call, options_.page_size, "prompts", chosen,
              [&](const Prompt& one) { return prompt_entry(one, call.revision); });
}

}  // namespace factory::mcp
