#include "http/access.hpp"

#include <algorithm>
#include <utility>

#include "common/text.hpp"

namespace factory::http {
namespace {

constexpr std::size_t longest_tool = 80;
constexpr std::size_t longest_path = 300;

/// What the client says it is; nothing where it is no name.
std::string tool_of(const Head& head) {
  const std::string_view tool = head.header("X-Factory-Tool");
  const bool name =
      tool.size() <= longest_tool && std::all_of(tool.begin(), tool.end(), [](char c) {
        return is_ascii_alnum(c) || c == '_' || c == '-' || c == '/';
      });
  return name ? std::string(tool) : std::string();
}

}  // namespace

void note_access(storage::AccessLog& trail, const Head& head, const Request& request,
                 std::string_view path, int status, std::string_view outcome) {
  // Nobody has the type system over HTTP: it stands there until somebody is known.
  if (request.route == nullptr || request.principal.type == ActorType::system) return;
  std::string tool = tool_of(head);
  if (tool.empty() && !request.route->sensitive) return;
  storage::Access access;
  access.actor_type = name_of(request.principal.type);
  access.actor = request.principal.id;
  access.key_id = request.principal.key_id;
  access.channel = request.principal.channel;
  access.tool = std::move(tool);
  access.operation = request.route->operation;
  access.target = excerpt(std::string(path), longest_path);
  access.request_id = request.request_id;
  access.address = request.address;
  access.user_agent = request.user_agent;
  access.status = status;
  access.outcome = outcome;
  trail.record(std::move(access));
}

}  // namespace factory::http
