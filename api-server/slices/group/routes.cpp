#include "slices/group/routes.hpp"

#include <utility>

#include "domain/names.hpp"
#include "slices/group/group.hpp"

namespace factory::group {
namespace {

using http::Answer;
using http::Request;
using nlohmann::json;

/// The stream of the group that the path names.
Result<std::string> named(const Services& services, const Request& request) {
  const std::string& wanted = request.path.at("group_id");
  std::string id = wanted;
  auto row = services.store.get_view(id);
  if (!row || row->kind != Definition::kind) {
    id = stream_of(wanted);
    row = services.store.get_view(id);
  }
  if (row && row->status == name_of(Status::active)) return id;
  return Error{ErrorCode::not_found, "There is no group " + wanted + ".", {}, {}, {}};
}

Result<Answer> create(const Services& services, const Request& request) {
  Created created;
  created.name = request.body.at("name").get<std::string>();
  created.description = request.body.value("description", "");
  created.members = request.body.value("members", std::vector<std::string>{});
  const std::string id = stream_of(created.name);
  return http::command(services, request, id, Command{Create{std::move(created)}}, 201);
}

Result<Answer> list(const Services& services, const Request& request) {
  storage::ViewQuery query;
  query.kind = Definition::kind;
  query.statuses = {std::string(name_of(Status::active))};
  return http::page(services, request, std::move(query), "groups");
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

Result<Answer> run(const Services& services, const Request& request, Command command) {
  const auto id = named(services, request);
  if (!id) return id.error();
  return http::command(services, request, *id, std::move(command));
}

}  // namespace

void bind_routes(http::Handlers& handlers, const Services& services) {
  handlers.bind("group.create",
                [&services](const Request& request) { return create(services, request); });
  handlers.bind("group.list",
                [&services](const Request& request) { return list(services, request); });
  handlers.bind("group.get",
                [&services](const Request& request) { return get(services, request); });
  handlers.bind("group.add_member", [&services](const Request& request) {
    return run(services, request, AddMember{request.body.at("name").get<std::string>()});
  });
  handlers.bind("group.remove_member", [&services](const Request& request) {
    return run(services, request, RemoveMember{request.path.at("name")});
  });
  handlers.bind("group.delete",
                [&services](const Request& request) { return run(services, request, Delete{}); });
}

}  // namespace factory::group
