#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace factory::mcp {

/// The codes of JSON-RPC 2.0 section 5.1 and of the MCP specification.
namespace code {
inline constexpr int parse = -32700;
inline constexpr int invalid_request = -32600;
inline constexpr int method_not_found = -32601;
inline constexpr int invalid_params = -32602;
inline constexpr int internal = -32603;
inline constexpr int unsupported_version = -32022;
/// Legacy revisions only.
inline constexpr int legacy_resource_not_found = -32002;
}  // namespace code

/// The error member of a response. `data` null: none.
struct RpcError {
  int code = code::internal;
  std::string message;
  nlohmann::json data = nullptr;
};

/// What a method answers: its result, or an error.
using Outcome = std::variant<nlohmann::json, RpcError>;

/// A request. `id` is a string or an integer; `params` is an object, empty if there was none.
struct Request {
  nlohmann::json id;
  std::string method;
  nlohmann::json params;
};

struct Notification {
  std::string method;
  nlohmann::json params;
};

/// A response from the peer. This server never asks anything, so there is nothing to match it to.
struct Response {};

/// Something that is no message. `id` is null if it could not be read.
struct Malformed {
  nlohmann::json id;
  RpcError error;
};

using Message = std::variant<Request, Notification, Response, Malformed>;

/// One line: a message, or (JSON-RPC 2.0 section 6) a batch of them.
struct Decoded {
  bool batch = false;
  std::vector<Message> messages;  ///< exactly one unless `batch`
};

/// The most messages that one batch may hold.
inline constexpr std::size_t max_batch = 1000;

/// Reads one line. Never throws: what is wrong with it becomes a `Malformed`.
Decoded decode(std::string_view line);

/// The id of a request of which only the beginning is there; null if it does not show (or shows
/// twice). For lines that are too long to be kept.
nlohmann::json readable_id(std::string_view beginning);

/// A text that tells ids apart by value and JSON type: "5" and 5 differ.
std::string id_key(const nlohmann::json& id);

nlohmann::json result_message(const nlohmann::json& id, nlohmann::json result);
/// `id` null: the member is left out, as MCP knows no null ids.
nlohmann::json error_message(const nlohmann::json& id, const RpcError& error);
nlohmann::json notification_message(std::string_view method, nlohmann::json params);

/// The message as one line of UTF-8 without the line feed.
std::string encode(const nlohmann::json& message);

}  // namespace factory::mcp
