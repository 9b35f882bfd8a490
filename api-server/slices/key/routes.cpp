#include "slices/key/routes.hpp"

#include <algorithm>
#include <utility>

#include "common/schema.hpp"
#include "common/text.hpp"
#include "http/auth.hpp"
#include "identity/identity.hpp"
#include "slices/key/key.hpp"
#include "slices/key/mint.hpp"

namespace factory::key {
namespace {

using http::Answer;
using http::Request;
using nlohmann::json;

Created read_wanted(const json& body) {
  Created wanted;
  wanted.name = body.at("name").get<std::string>();
  wanted.role = enum_from<Role>(body.at("role").get<std::string>()).value_or(Role::viewer);
  wanted.groups = body.value("groups", std::vector<std::string>{});
  wanted.channel = body.value("channel", std::string("rest"));
  wanted.scopes = body.value("scopes", std::vector<std::string>{});
  if (const std::string text = body.value("expires_at", ""); !text.empty()) {
    wanted.expires_at = parse_time(text);
  }
  return wanted;
}

/// Added after the commit: what is stored with the Idempotency-Key never held it.
Result<Answer> show_token(Result<Answer> answer, const std::string& token) {
  if (!answer || answer->replayed) return answer;
  json document = json::parse(answer->body);
  document["token"] = token;
  answer->body = document.dump();
  return answer;
}

/// Whoever is disabled is not among the people, and would get a key that opens once he is enabled.
/// Call it in turn.
factory::Status owner_not_disabled(const Services& services, const std::string& name) {
  const auto user = services.identity->registry.user(user::stream_of(name));
  if (!user || user->status != user::Status::disabled) return Done{};
  return Error{ErrorCode::conflict,
               user->name + " is disabled.",
               "Enable the user first, or choose another name.",
               {{"/name", "belongs to a disabled user"}},
               {}};
}

Result<Answer> create(const Services& services, const Request& request) {
  Created wanted = read_wanted(request.body);
  if (factory::Status known = check_scopes(services.catalog.roles(), wanted); !known) {
    return std::move(known.error());
  }
  const std::lock_guard lock(services.identity->turn);
  if (auto status = owner_not_disabled(services, wanted.name); !status) return status.error();
  Minted minted =
      mint(std::move(wanted), services.ids.next(services.clock.now()), services.identity->pepper);
  return show_token(
      http::command(services, request, minted.id, Command{std::move(minted.command)}, 201),
      minted.token);
}

Result<Answer> list(const Services& services, const Request& request) {
  storage::ViewQuery query;
  query.kind = Definition::kind;
  if (const auto status = request.query.find("status"); status != request.query.end()) {
    query.statuses.push_back(status->get<std::string>());
  }
  const auto used = services.identity->registry.last_used();
  return http::page(services, request, std::move(query), "keys", [&](json& key) {
    const auto at = used.find(key.at("id").get<std::string>());
    if (at != used.end()) key["last_used_at"] = format_time(at->second);
  });
}

Result<Answer> revoke(const Services& services, const Request& request) {
  const std::string& id = request.path.at("key_id");
  if (const auto row = http::find_view(services, "key", id); !row) return row.error();
  const std::lock_guard lock(services.identity->turn);
  return http::command(services, request, id,
                       Command{Revoke{request.query.value("reason", std::string())}});
}

Result<Answer> rotate(const Services& services, const Request& request) {
  const std::string& id = request.path.at("key_id");
  if (const auto row = http::find_view(services, "key", id); !row) return row.error();
  const std::lock_guard lock(services.identity->turn);
  if (const auto key = services.identity->registry.key(id)) {
    auto status = owner_not_disabled(services, key->principal.id);
    if (!status) return status.error();
  }
  Reminted next = remint(id, request.body.value("overlap_minutes", 60), services.identity->pepper);
  return show_token(http::command(services, request, id, Command{std::move(next.command)}),
                    next.token);
}

}  // namespace

factory::Status check_scopes(const http::Roles& roles, const Created& wanted) {
  const std::string role(name_of(wanted.role));
  const auto& known = roles.at(role);
  for (std::size_t i = 0; i < wanted.scopes.size(); ++i) {
    const std::string& scope = wanted.scopes[i];
    if (std::find(known.begin(), known.end(), scope) != known.end()) continue;
    const std::string near = nearest(scope, known);
    return Error{ErrorCode::unprocessable,
                 "The role " + role + " has no scope " + excerpt(scope, 80) + ".",
                 near.empty() ? "Its scopes are " + join(known, ", ", known.size()) + "."
                              : "Did you mean " + near + "?",
                 {{"/scopes/" + std::to_string(i), "is no scope of the role " + role}},
                 {}};
  }
  return Done{};
}

void bind_routes(http::Handlers& handlers, const Services& services) {
  handlers.bind("key.create",
                [&services](const Request& request) { return create(services, request); });
  handlers.bind("key.list",
                [&services](const Request& request) { return list(services, request); });
  handlers.bind("key.revoke",
                [&services](const Request& request) { return revoke(services, request); });
  handlers.bind("key.rotate",
                [&services](const Request& request) { return rotate(services, request); });
}

}  // namespace factory::key
