#include <utility>

#include "http/auth.hpp"
#include "identity/identity.hpp"
#include "slices/user/routes.hpp"
#include "slices/user/user.hpp"

namespace factory::user {
namespace {

using http::Answer;
using http::Request;
using nlohmann::json;

json delegations_in(const std::string& document) {
  return json{{"delegations", json::parse(document).at("delegations")}};
}

/// Everybody says who decides in their own place; for others it takes users:manage.
Result<std::string> for_user(const Services& services, const Request& request) {
  auto id = named(services, request);
  if (!id) return id;
  const auto user = services.identity->registry.user(*id);
  const bool own = user && user->name == request.principal.id;
  if (own || http::may(services.catalog.roles(), request.principal, "users:manage")) return id;
  return Error{ErrorCode::forbidden,
               "Only the user or somebody with the scope users:manage sees and changes who decides "
               "in their place.",
               "Ask them, or an admin.",
               {},
               {{"required_scope", "users:manage"}}};
}

/// Who may not decide gives nobody his place: a key can be limited to less than its owner may.
Result<std::string> for_deciding_user(const Services& services, const Request& request) {
  const factory::Status may_decide =
      http::require_scope(services, request, "tasks:approve", "To change who decides");
  if (!may_decide) return may_decide.error();
  return for_user(services, request);
}

Time time_in(const json& body, const char* name) {
  return parse_time(body.value(name, std::string())).value_or(Time{});
}

Result<Answer> create(const Services& services, const Request& request) {
  const auto id = for_deciding_user(services, request);
  if (!id) return id.error();
  Delegated wanted;
  wanted.to = request.body.at("delegate").get<std::string>();
  wanted.starts_at = time_in(request.body, "starts_at");
  wanted.ends_at = time_in(request.body, "ends_at");
  wanted.reason = request.body.value("reason", "");
  return http::command(
      services, request, *id, Command{Delegate{std::move(wanted)}}, 201,
      [&id](const engine::Written& written) {
        return delegations_in(written.view(*id).doc).at("delegations").back().dump();
      });
}

Result<Answer> list(const Services& services, const Request& request) {
  const auto id = for_user(services, request);
  if (!id) return id.error();
  const auto row = http::find_view(services, std::string(Definition::kind), *id);
  if (!row) return row.error();
  Answer answer;
  answer.body = delegations_in(row->doc).dump();
  return answer;
}

Result<Answer> end(const Services& services, const Request& request) {
  const auto id = for_deciding_user(services, request);
  if (!id) return id.error();
  return http::command(services, request, *id,
                       Command{EndDelegation{request.path.at("delegation_id")}}, 200,
                       [&id](const engine::Written& written) {
                         return delegations_in(written.view(*id).doc).dump();
                       });
}

}  // namespace

void bind_delegation_routes(http::Handlers& handlers, const Services& services) {
  handlers.bind("delegation.create",
                [&services](const Request& request) { return create(services, request); });
  handlers.bind("delegation.list",
                [&services](const Request& request) { return list(services, request); });
  handlers.bind("delegation.end",
                [&services](const Request& request) { return end(services, request); });
}

}  // namespace factory::user
