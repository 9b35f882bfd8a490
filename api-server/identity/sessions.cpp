#include "identity/sessions.hpp"

#include "common/log.hpp"
#include "identity/identity.hpp"
#include "slices/session/session.hpp"

namespace factory::identity {

void end_sessions(const Services& services, const http::Request& request,
                  const std::string& user_id, const std::string& kept, const std::string& reason) {
  for (const std::string& id : services.identity->registry.sessions_of(user_id)) {
    if (id == kept) continue;
    const auto ended =
        services.runner.run(http::call_of(request, {id, session::Command{session::End{reason}}}));
    if (ended) continue;
    log(LogLevel::warning, "a session was not marked as ended",
        {{"session", id}, {"reason", ended.error().detail}});
  }
}

}  // namespace factory::identity
