#include "identity/sessions.hpp"

#include "common/log.hpp"
#include "identity/identity.hpp"
#include "slices/session/session.hpp"

namespace factory::identity {

void end_sessions(const Services& services, const http::Request& request,
                  const std::string& user_id, const std::string& kept, const std::string& reason) {
  for (const std::string& id : services.identity->registry.sessions_of(user_id)) {
    if (id == kept) continue;
    engine::Call call = http::call_of(request, {id, session::Command{session::End{reason}}});
    // It follows from what was carried out, which may have ended what the request came in with.
    call.actor.key_id.clear();
    call.actor.session_id.clear();
    const auto ended = services.runner.run(std::move(call));
    if (ended) continue;
    log(LogLevel::warning, "a session was not marked as ended",
        {{"session", id}, {"reason", ended.error().detail}});
  }
}

}  // namespace factory::identity
