#include "slices/user/routes.hpp"

#include <utility>

#include "identity/identity.hpp"
#include "identity/sessions.hpp"
#include "slices/user/user.hpp"

namespace factory::user {
namespace {

using http::Answer;
using http::Request;
using nlohmann::json;

using Texts = std::vector<std::string>;

std::vector<ExternalId> read_identities(const json& list) {
  std::vector<ExternalId> identities;
  for (const json& one : list) {
    identities.push_back(
        {one.at("issuer").get<std::string>(), one.at("subject").get<std::string>()});
  }
  return identities;
}

/// Nobody is two users, wherever they come from. Call it in turn.
factory::Status not_taken(const Services& services, const std::vector<ExternalId>& identities,
                          const std::string& name) {
  for (std::size_t i = 0; i < identities.size(); ++i) {
    const auto known = services.identity->registry.user_of(identities[i]);
    if (known == nullptr || known->name == name) continue;
    return Error{
        ErrorCode::conflict,
        identities[i].subject + " of " + identities[i].issuer + " is " + known->name + " already.",
        "Take it away from that user first.",
        {{"/identities/" + std::to_string(i), "belongs to " + known->name}},
        {}};
  }
  return Done{};
}

/// The request as it is remembered for its Idempotency-Key: a hash over what holds a password would
/// let whoever reads the store guess it.
Request without_password(const Services& services, const Request& request) {
  Request safe = request;
  safe.fingerprint = to_hex(services.identity->pepper.fingerprint(request.fingerprint));
  return safe;
}

Result<Answer> create(const Services& services, const Request& request) {
  const json& body = request.body;
  Created created;
  created.name = body.at("name").get<std::string>();
  created.display_name = body.value("display_name", "");
  created.email = body.value("email", "");
  created.role = enum_from<Role>(body.at("role").get<std::string>()).value_or(Role::viewer);
  created.groups = body.value("groups", Texts{});
  created.kind = created.role == Role::agent ? Kind::agent : Kind::person;
  created.identities = read_identities(body.value("identities", json::array()));
  if (body.contains("password")) {
    auto sealed = services.identity->passwords.seal(body["password"].get<std::string>());
    if (!sealed) return std::move(sealed.error());
    created.sealed_hash = std::move(*sealed);
  }
  const std::lock_guard lock(services.identity->turn);
  if (factory::Status unclaimed = not_taken(services, created.identities, created.name);
      !unclaimed) {
    return std::move(unclaimed.error());
  }
  const std::string id = stream_of(created.name);
  return http::command(services, without_password(services, request), id,
                       Command{Create{std::move(created)}}, 201);
}

Result<Answer> list(const Services& services, const Request& request) {
  storage::ViewQuery query;
  query.kind = Definition::kind;
  if (const auto status = request.query.find("status"); status != request.query.end()) {
    query.statuses.push_back(status->get<std::string>());
  }
  return http::page(services, request, std::move(query), "users");
}

Result<Answer> get(const Services& services, const Request& request) {
  const auto id = named(services, request);
  if (!id) return id.error();
  const auto row = http::find_view(services, std::string(Definition::kind), *id);
  if (!row) return row.error();
  Answer answer;
  answer.body = row->doc;
  answer.etag = row->version;
  return answer;
}

Result<Answer> patch(const Services& services, const Request& request) {
  const auto id = named(services, request);
  if (!id) return id.error();
  const json& body = request.body;
  Changed changed;
  if (body.contains("display_name")) changed.display_name = body["display_name"].get<std::string>();
  if (body.contains("email")) changed.email = body["email"].get<std::string>();
  if (body.contains("role")) changed.role = enum_from<Role>(body["role"].get<std::string>());
  if (body.contains("groups")) changed.groups = body["groups"].get<Texts>();
  if (body.contains("identities")) changed.identities = read_identities(body["identities"]);
  const std::lock_guard lock(services.identity->turn);
  const auto user = services.identity->registry.user(*id);
  if (changed.identities && user) {
    factory::Status unclaimed = not_taken(services, *changed.identities, user->name);
    if (!unclaimed) return std::move(unclaimed.error());
  }
  return http::command(services, request, *id, Command{Change{std::move(changed)}});
}

Result<Answer> disable(const Services& services, const Request& request) {
  const auto id = named(services, request);
  if (!id) return id.error();
  Result<Answer> answer = Error{};
  {
    const std::lock_guard lock(services.identity->turn);
    answer =
        http::command(services, request, *id, Command{Disable{request.body.value("reason", "")}});
  }
  if (answer && !answer->replayed) {
    identity::end_sessions(services, request, *id, "", "the user was disabled");
  }
  return answer;
}

Result<Answer> enable(const Services& services, const Request& request) {
  const auto id = named(services, request);
  if (!id) return id.error();
  const std::lock_guard lock(services.identity->turn);
  return http::command(services, request, *id, Command{Enable{}});
}

Result<Answer> set_password(const Services& services, const Request& request) {
  const auto id = named(services, request);
  if (!id) return id.error();
  const auto user = services.identity->registry.user(*id);
  const bool own = user && user->name == request.principal.id && !user->sealed_hash.empty();
  if (own && !request.principal.session_id.empty()) {
    return Error{ErrorCode::forbidden,
                 "One's own password is changed with the old one.",
                 "Use POST /v1/auth/password.",
                 {},
                 {}};
  }
  auto sealed = services.identity->passwords.seal(request.body.at("password").get<std::string>());
  if (!sealed) return std::move(sealed.error());
  Result<Answer> answer = http::command(services, without_password(services, request), *id,
                                        Command{SetPassword{std::move(*sealed), ""}});
  if (answer && !answer->replayed) {
    identity::end_sessions(services, request, *id, "", "the password was changed");
  }
  return answer;
}

}  // namespace

Result<std::string> named(const Services& services, const Request& request) {
  const std::string& wanted = request.path.at("user_id");
  if (services.identity->registry.user(wanted) != nullptr) return wanted;
  std::string id = stream_of(wanted == "me" ? request.principal.id : wanted);
  if (services.identity->registry.user(id) != nullptr) return id;
  return Error{ErrorCode::not_found,
               wanted == "me" ? request.principal.id + " is known by a key and is no user."
                              : "There is no user " + wanted + ".",
               {},
               {},
               {}};
}

void bind_routes(http::Handlers& handlers, const Services& services) {
  handlers.bind("user.create",
                [&services](const Request& request) { return create(services, request); });
  handlers.bind("user.list",
                [&services](const Request& request) { return list(services, request); });
  handlers.bind("user.get", [&services](const Request& request) { return get(services, request); });
  handlers.bind("user.patch",
                [&services](const Request& request) { return patch(services, request); });
  handlers.bind("user.disable",
                [&services](const Request& request) { return disable(services, request); });
  handlers.bind("user.enable",
                [&services](const Request& request) { return enable(services, request); });
  handlers.bind("user.set_password",
                [&services](const Request& request) { return set_password(services, request); });
}

}  // namespace factory::user
