#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "common/mcp/jsonrpc.hpp"
#include "common/mcp/versions.hpp"

namespace factory::mcp {

/// The `_meta` that makes a request one of the modern era (revision 2026-07-28).

/// True if the request says that it is a modern one, rightly or not.
bool claims_modern(const nlohmann::json& params);

/// What is wrong with the `_meta` of such a request: missing or mistyped members (-32602), or a
/// version that is not served (-32022, whose data names those that are).
std::optional<RpcError> check_envelope(const nlohmann::json& params);

/// The revision that a request which passed check_envelope() asks for.
const Revision& envelope_revision(const nlohmann::json& params);

/// `_meta.traceparent` if it is one (W3C Trace Context); empty otherwise.
std::string trace_parent(const nlohmann::json& params);

/// The place of a log level in the order of RFC 5424 ("debug" 0 … "emergency" 7); nothing if it
/// is none.
std::optional<int> log_level_rank(std::string_view level);

}  // namespace factory::mcp
