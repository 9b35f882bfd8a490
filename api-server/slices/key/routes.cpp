#include "slices/key/routes.hpp"

#include <memory>
#include <mutex>
#include <utility>

#include "slices/key/key.hpp"
#include "slices/key/mint.hpp"

namespace factory::key {
namespace {

using nlohmann::json;

Created read_wanted(const json& body) {
  Created wanted;
  wanted.name = body.at("name").get<std::string>();
  wanted.role = enum_from<Role>(body.at("role").get<std::string>()).value_or(Role::viewer);
  wanted.groups = body.value("groups", std::vector<std::string>{});
  wanted.channel = body.value("channel", std::string("rest"));
  return wanted;
}

/// One change of keys at a time: each must see the people as the one before it left them. In one
/// batch two owners' keys that are revoked would both find the other one still there.
using Turn = std::shared_ptr<std::mutex>;

Result<http::Answer> create(const Services& services, std::mutex& turn,
                            const http::Request& request) {
  const std::lock_guard lock(turn);
  Minted minted = mint(read_wanted(request.body), services.ids.next(services.clock.now()));
  Result<http::Answer> answer =
      http::command(services, request, minted.id, Command{std::move(minted.command)}, 201);
  if (!answer || answer->replayed) return answer;
  // Added after the commit: what is stored with the Idempotency-Key never held it.
  json document = json::parse(answer->body);
  document["token"] = minted.token;
  answer->body = document.dump();
  return answer;
}

Result<http::Answer> list(const Services& services, const http::Request& request) {
  storage::ViewQuery query;
  query.kind = Definition::kind;
  if (const auto status = request.query.find("status"); status != request.query.end()) {
    query.statuses.push_back(status->get<std::string>());
  }
  return http::page(services, request, std::move(query), "keys");
}

Result<http::Answer> revoke(const Services& services, std::mutex& turn,
                            const http::Request& request) {
  const std::string& id = request.path.at("key_id");
  if (const auto row = http::find_view(services, "key", id); !row) return row.error();
  const std::lock_guard lock(turn);
  return http::command(services, request, id,
                       Command{Revoke{request.query.value("reason", std::string())}});
}

}  // namespace

void bind_routes(http::Handlers& handlers, const Services& services) {
  const Turn turn = std::make_shared<std::mutex>();
  handlers.bind("key.create", [&services, turn](const http::Request& request) {
    return create(services, *turn, request);
  });
  handlers.bind("key.list",
                [&services](const http::Request& request) { return list(services, request); });
  handlers.bind("key.revoke", [&services, turn](const http::Request& request) {
    return revoke(services, *turn, request);
  });
}

}  // namespace factory::key
