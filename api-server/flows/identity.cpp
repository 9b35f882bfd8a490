#include "flows/identity.hpp"

#include "slices/session/session.hpp"
#include "slices/user/user.hpp"

namespace factory::flows {

void follow_session(const engine::Happened& happened, std::vector<engine::Command>& follow_ups) {
  const auto& event = std::any_cast<const session::Event&>(happened.event.event);
  const auto& state = *static_cast<const session::State*>(happened.state.get());
  const session::Started& started = state.started;
  const auto to_user = [&](user::SignIn command) {
    follow_ups.push_back({started.user_id, user::Command{std::move(command)}});
  };
  std::visit(overloaded{
                 [&](const session::Started& e) {
                   to_user({e.password_number, happened.stream, std::nullopt});
                 },
                 [&](const session::Refreshed&) {
                   to_user({0, happened.stream, started.at});
                 },
                 [](const session::ReuseDetected&) {},
                 [](const session::Ended&) {},
                 [](const session::Expired&) {},
             },
             event);
}

}  // namespace factory::flows
