#pragma once

#include <nlohmann/json.hpp>
#include <stop_token>
#include <string>

#include "common/catalog.hpp"
#include "common/result.hpp"

namespace factory::mcp {

/// What goes along with one call.
struct CallContext {
  std::stop_token stop;     ///< requested when the client cancels or the process ends
  std::string traceparent;  ///< W3C Trace Context, checked; empty: none
  std::string tool = {};    ///< what it is for: a tool's name, "resource/…", "prompt/…"
};

/// What the backend says: the document that answers the call, or a problem document (RFC 9457).
struct BackendAnswer {
  bool failed = false;
  nlohmann::json document;    ///< null if the answer had no body; a string if it was no JSON
  std::string next_cursor{};  ///< of the header Link; empty: the last page, or no page
};

/// Who carries out what the catalog describes. Thread-safe.
class Backend {
 public:
  virtual ~Backend() = default;

  /// One call: `arguments` is an object whose members `mapping` names. Comes back within 30 s, and
  /// soon after `context.stop` is requested. Never throws for anything that the other side does.
  virtual BackendAnswer call(const HttpMapping& mapping, const nlohmann::json& arguments,
                             const CallContext& context) = 0;
};

/// The problem document of an error found on this side.
nlohmann::json problem_from(const Error& error);

}  // namespace factory::mcp
