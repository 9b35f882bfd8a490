#include "http/services.hpp"

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "common/text.hpp"
#include "engine/archive.hpp"
#include "http/auth.hpp"
#include "http/problem.hpp"

namespace factory::http {
namespace {

using nlohmann::json;

/// It stands in every event.
constexpr std::size_t longest_user_agent = 100;

/// The documents as they are stored, without reading them.
std::string join_documents(const std::vector<storage::ViewRow>& rows) {
  std::string list = "[";
  for (const storage::ViewRow& row : rows) {
    if (list.size() > 1) list += ',';
    list += row.doc;
  }
  return list + "]";
}

std::string edited_documents(const std::vector<storage::ViewRow>& rows,
                             const std::function<void(json&)>& edit) {
  json list = json::array();
  for (const storage::ViewRow& row : rows) {
    json document = json::parse(row.doc);
    edit(document);
    list.push_back(std::move(document));
  }
  return list.dump();
}

Result<Answer> run(const Services& services, const Request& request, engine::Command command,
                   int status, const std::function<std::string(const engine::Written&)>& body) {
  const std::string stream = command.stream;
  engine::Call call = call_of(request, std::move(command));
  call.idempotency_key = request.idempotency_key;
  call.fingerprint = request.fingerprint;
  call.if_version = request.if_match;
  call.reply = [&stream, status, &body](const engine::Written& written) {
    const storage::ViewRow& row = written.view(stream);
    engine::Reply reply;
    reply.status = status;
    reply.body = body ? body(written) : row.doc;
    reply.version = row.version;
    return reply;
  };
  // The call is waited for, so what it refers to lives long enough.
  Result<engine::Reply> reply = services.runner.run(std::move(call));
  if (!reply) return std::move(reply.error());
  Answer answer;
  answer.status = reply->status;
  answer.body = std::move(reply->body);
  answer.replayed = reply->replayed;
  answer.flush = reply->flush;
  if (reply->version > 0) answer.etag = reply->version;
  return answer;
}

}  // namespace

engine::Call call_of(const Request& request, engine::Command command) {
  engine::Call call;
  call.command = std::move(command);
  call.actor = request.principal;
  call.request_id = request.request_id;
  call.address = request.address;
  call.user_agent = excerpt(request.user_agent, longest_user_agent);
  call.traceparent = request.traceparent;
  return call;
}

Status require_scope(const Services& services, const Request& request, const std::string& scope,
                     const std::string& doing) {
  if (may(services.catalog.roles(), request.principal, scope)) return Done{};
  return Error{ErrorCode::forbidden,
               doing + " needs the scope " + scope + ".",
               {},
               {},
               {{"required_scope", scope}}};
}

Status require_decision_scope(const Services& services, const Request& request, bool rejects,
                              const std::string& doing) {
  return require_scope(services, request, rejects ? "tasks:reject" : "tasks:approve", doing);
}

std::optional<Answer> given_before(storage::Store& store, const Request& request) {
  auto known = store.find_request(request.principal.id, request.idempotency_key);
  if (!known || known->fingerprint != request.fingerprint) return std::nullopt;
  Answer answer;
  answer.status = known->status;
  answer.body = std::move(known->answer);
  answer.replayed = true;
  return answer;
}

Result<Answer> command(const Services& services, const Request& request, const std::string& stream,
                       std::any command, int status,
                       const std::function<std::string(const engine::Written&)>& body) {
  return run(services, request, {stream, std::move(command)}, status, body);
}

Result<Answer> create(const Services& services, const Request& request, const std::string& stream,
                      std::any command,
                      const std::function<std::string(const engine::Written&)>& body) {
  return run(services, request, {stream, std::move(command), true}, 201, body);
}

Result<storage::ViewRow> find_view(const Services& services, const std::string& kind,
                                   const std::string& id) {
  auto row = services.store.get_view(id);
  if (row && row->kind == kind) return std::move(*row);
  if (!row) {
    const auto mark = engine::find_archived(services.store, id);
    if (mark) return engine::archived_error(id, *mark);
  }
  return Error{ErrorCode::not_found, "There is no " + kind + " " + id + ".", {}, {}, {}};
}

Result<Answer> page(const Services& services, const Request& request, storage::ViewQuery query,
                    const std::string& name, const std::function<void(json&)>& edit) {
  query.limit = request.query.value("limit", query.limit);
  query.cursor = request.query.value("cursor", std::string());
  storage::ViewPage found;
  try {
    found = services.store.query_views(query);
  } catch (const std::invalid_argument& wrong) {
    Error error = field_error("query/cursor", wrong.what());
    error.hint =
        "Start without a cursor, or send `next_cursor` of the page before, with the same "
        "filters.";
    return error;
  }
  Answer answer;
  answer.body =
      "{" + json(name).dump() + ":" +
      (edit ? edited_documents(found.rows, edit) : join_documents(found.rows)) +
      ",\"next_cursor\":" + (found.next_cursor.empty() ? "null" : json(found.next_cursor).dump()) +
      "}";
  answer.next_cursor = std::move(found.next_cursor);
  return answer;
}

}  // namespace factory::http
