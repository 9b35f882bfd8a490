#include "http/system_routes.hpp"

#include <memory>
#include <mutex>

#include "common/log.hpp"
#include "common/version.hpp"
#include "http/auth.hpp"
#include "http/docs.hpp"
#include "http/openapi.hpp"

namespace factory::http {
namespace {

using nlohmann::json;

Answer answer_with(const json& document) {
  Answer answer;
  answer.body = document.dump();
  return answer;
}

Result<Answer> ready(const Services& services) {
  try {
    static_cast<void>(services.store.last_position());
  } catch (const storage::StoreFailure& failure) {
    log(LogLevel::error, "not ready: the store failed", {{"reason", failure.what()}});
    return Error{ErrorCode::unavailable, "The store does not answer.", {}, {}, {}};
  }
  return answer_with({{"status", "ready"}});
}

Result<Answer> whoami(const Services& services, const Request& request) {
  const Principal& who = request.principal;
  json document{{"id", who.id},
                {"type", name_of(who.type)},
                {"role", name_of(who.role)},
                {"groups", who.groups},
                {"channel", who.channel},
                {"key_id", who.key_id},
                {"scopes", scopes_of(services.catalog.roles(), who)}};
  if (!who.session_id.empty()) document["session_id"] = who.session_id;
  if (who.expires_at) document["expires_at"] = format_time(*who.expires_at);
  return answer_with(document);
}

/// The description of the API, written when somebody asks for it first: it is large, and most
/// servers are never asked.
class Description {
 public:
  Result<Answer> answer(const Request& request) {
    std::call_once(written_, [this] {
      auto text =
          std::make_shared<const std::string>(openapi_document(embedded_schemas(), version()));
      handler_ = fixed_answer(std::move(text), "application/json");
    });
    return handler_(request);
  }

 private:
  std::once_flag written_;
  Handler handler_;
};

}  // namespace

void bind_system_routes(Handlers& handlers, const Services& services) {
  handlers.bind("system.openapi",
                [description = std::make_shared<Description>()](const Request& request) {
                  return description->answer(request);
                });
  handlers.bind("system.health", [](const Request& /*request*/) -> Result<Answer> {
    return answer_with({{"status", "ok"}, {"version", version()}});
  });
  handlers.bind("system.ready",
                [&services](const Request& /*request*/) { return ready(services); });
  handlers.bind("system.whoami",
                [&services](const Request& request) { return whoami(services, request); });
}

}  // namespace factory::http
