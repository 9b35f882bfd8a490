#pragma once

#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/catalog.hpp"
#include "common/result.hpp"
#include "common/trace.hpp"
#include "domain/principal.hpp"
#include "http/message.hpp"

namespace factory::http {

/// A request that was matched, authenticated, authorised and validated against its route.
struct Request {
  const Route* route = nullptr;
  Principal principal;
  std::map<std::string, std::string> path;  ///< path parameters, decoded
  nlohmann::json query;                     ///< object, coerced, defaults filled in
  nlohmann::json body;                      ///< of a JSON body, defaults filled in; else null
  std::string raw_body;                     ///< as it came
  std::string content_type;                 ///< without parameters, lower case
  const Head* head = nullptr;               ///< of the request, as long as the handler runs
  std::string idempotency_key;              ///< empty: none was sent
  std::string fingerprint;                  ///< of method, path, query and body
  std::optional<std::int64_t> if_match;     ///< the version that If-Match names
  std::string request_id;
  std::string address;                ///< of the peer, as text; empty: unknown
  std::string user_agent;             ///< as it came, cut to 200 bytes
  std::string traceparent;            ///< W3C trace context; empty: none, or not well formed
  BodyReader* body_stream = nullptr;  ///< set for a route with `body_stream`: raw_body stays empty
};

/// An answer: a status and JSON text.
struct Answer {
  int status = 200;
  std::string body;                  ///< JSON text; empty: none
  std::optional<std::int64_t> etag;  ///< the version shown, for ETag
  bool replayed = false;             ///< given before for the same Idempotency-Key
  std::string next_cursor;           ///< for `Link: rel="next"`
  std::string content_type = "application/json";
  /// Further ones; one that every answer has otherwise (Cache-Control, say) stands instead of it.
  std::vector<std::pair<std::string, std::string>> headers;
  std::optional<Flush> flush;          ///< the write that it waited for
  std::shared_ptr<BodySource> stream;  ///< set: sent instead of `body`
};

/// The value of a header field as it came; empty if there is none.
inline std::string_view header(const Request& request, std::string_view name) {
  return request.head == nullptr ? std::string_view() : request.head->header(name);
}

using Handler = std::function<Result<Answer>(const Request&)>;
/// Adds to an answer what is not stored with it, be it new or given again for an Idempotency-Key.
using Completion = std::function<void(const Request&, Answer&)>;

/// Operation -> handler. The server refuses to start if a declared route has none, or a handler
/// no route.
class Handlers {
 public:
  void bind(const std::string& operation, Handler handler, Completion completion = {}) {
    handlers_.insert_or_assign(operation, std::move(handler));
    if (completion) completions_.insert_or_assign(operation, std::move(completion));
  }
  [[nodiscard]] const std::map<std::string, Handler>& all() const { return handlers_; }
  /// Empty: the handlers' answers are whole.
  [[nodiscard]] Completion completion_of(const std::string& operation) const {
    const auto found = completions_.find(operation);
    return found == completions_.end() ? Completion() : found->second;
  }

 private:
  std::map<std::string, Handler> handlers_;
  std::map<std::string, Completion> completions_;
};

}  // namespace factory::http
