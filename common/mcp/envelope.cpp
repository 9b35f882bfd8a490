#include "common/mcp/envelope.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "common/trace.hpp"

namespace factory::mcp {
namespace {

using nlohmann::json;

constexpr const char* version_key = "io.modelcontextprotocol/protocolVersion";
constexpr const char* capabilities_key = "io.modelcontextprotocol/clientCapabilities";
constexpr const char* client_key = "io.modelcontextprotocol/clientInfo";
constexpr const char* log_key = "io.modelcontextprotocol/logLevel";

constexpr std::array<std::string_view, 8> levels{"debug", "info",     "notice", "warning",
                                                 "error", "critical", "alert",  "emergency"};

std::optional<RpcError> invalid(const std::string& message) {
  return RpcError{code::invalid_params, message, nullptr};
}

std::optional<RpcError> check_capabilities(const json& capabilities) {
  for (const char* known : {"elicitation", "experimental", "extensions", "roots", "sampling"}) {
    const auto member = capabilities.find(known);
    if (member != capabilities.end() && !member->is_object()) {
      return invalid(std::string("`_meta` member ") + capabilities_key + ": `" + known +
                     "` must be an object");
    }
  }
  return std::nullopt;
}

std::optional<RpcError> check_optional(const json& meta) {
  if (const auto level = meta.find(log_key); level != meta.end()) {
    if (!level->is_string() || !log_level_rank(level->get_ref<const std::string&>())) {
      return invalid(std::string("`_meta` member ") + log_key + " must be a log level");
    }
  }
  if (const auto token = meta.find("progressToken"); token != meta.end()) {
    if (!token->is_string() && !token->is_number_integer()) {
      return invalid("`_meta` member progressToken must be a string or an integer");
    }
  }
  return std::nullopt;
}

}  // namespace

bool claims_modern(const json& params) {
  const auto meta = params.find("_meta");
  if (meta == params.end() || !meta->is_object()) return false;
  return meta->contains(version_key) || meta->contains(capabilities_key) ||
         meta->contains(client_key) || meta->contains(log_key);
}

std::optional<RpcError> check_envelope(const json& params) {
  const json& meta = params.at("_meta");
  const auto version = meta.find(version_key);
  if (version == meta.end() || !version->is_string()) {
    return invalid(std::string("`_meta` must hold ") + version_key + ", a string");
  }
  const auto capabilities = meta.find(capabilities_key);
  if (capabilities == meta.end() || !capabilities->is_object()) {
    return invalid(std::string("`_meta` must hold ") + capabilities_key + ", an object");
  }
  if (auto error = check_capabilities(*capabilities)) return error;
  if (auto error = check_optional(meta)) return error;
  const Revision* revision = find_revision(version->get_ref<const std::string&>());
  if (revision == nullptr || !revision->modern) {
    return RpcError{code::unsupported_version,
                    "Unsupported protocol version",
                    {{"supported", modern_names()}, {"requested", *version}}};
  }
  return std::nullopt;
}

const Revision& envelope_revision(const json& params) {
  const Revision* revision =
      find_revision(params.at("_meta").at(version_key).get_ref<const std::string&>());
  return revision == nullptr ? modern_revision() : *revision;
}

std::string trace_parent(const json& params) {
  const auto meta = params.find("_meta");
  if (meta == params.end() || !meta->is_object()) return {};
  const auto found = meta->find("traceparent");
  if (found == meta->end() || !found->is_string()) return {};
  const auto& text = found->get_ref<const std::string&>();
  return parse_traceparent(text) ? text : std::string();
}

std::optional<int> log_level_rank(std::string_view level) {
  const auto* found = std::ranges::find(levels, level);
  if (found == levels.end()) return std::nullopt;
  return static_cast<int>(found - levels.begin());
}

}  // namespace factory::mcp
