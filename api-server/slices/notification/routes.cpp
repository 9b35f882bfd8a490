#include "slices/notification/routes.hpp"

#include <future>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "slices/notification/notification.hpp"

namespace factory::notification {
namespace {

using http::Answer;
using http::Request;
using nlohmann::json;

constexpr std::int64_t most_counted = 1000;
constexpr int most_marked = 500;

Error missing(const std::string& id) {
  return {ErrorCode::not_found, "There is no notification " + id + ".", {}, {}, {}};
}

json count_unread(const Services& services, const std::string& recipient) {
  std::int64_t unread = 0;
  for (const auto& each : services.store.count_tags(unread_key(recipient), most_counted)) {
    unread += each.count;
  }
  return {{"unread", unread}, {"more", unread >= most_counted}};
}

Result<Answer> list(const Services& services, const Request& request) {
  const std::string& who = request.principal.id;
  storage::ViewQuery query;
  query.tag = storage::Tag{request.query.value("unread", false) ? unread_key(who) : inbox_key(who),
                           "", 0, 0};
  query.descending = true;
  return http::page(services, request, std::move(query), "notifications");
}

Result<Answer> get(const Services& services, const Request& request) {
  const std::string& id = request.path.at("notification_id");
  const auto row = services.store.get_view(id);
  const bool theirs = row && row->kind == Definition::kind &&
                      json::parse(row->doc).at("recipient") == request.principal.id;
  if (!theirs) return missing(id);
  Answer answer;
  answer.body = row->doc;
  answer.etag = row->version;
  return answer;
}

Result<Answer> change(const Services& services, const Request& request, Command command) {
  const auto own = get(services, request);
  if (!own) return own.error();
  return http::command(services, request, request.path.at("notification_id"), std::move(command));
}

/// Each is a command of its own, and all of them share a flush: a repetition marks what is left.
Result<Answer> read_all(const Services& services, const Request& request) {
  const std::string& who = request.principal.id;
  storage::ViewQuery query;
  query.tag = storage::Tag{unread_key(who), "", 0, 0};
  query.limit = most_marked;
  std::vector<std::future<Result<engine::Reply>>> answers;
  for (const storage::ViewRow& row : services.store.query_views(query).rows) {
    answers.push_back(
        services.runner.submit(http::call_of(request, {row.id, Command{MarkRead{}}})));
  }
  int marked = 0;
  std::optional<Error> failed;
  for (auto& each : answers) {
    const Result<engine::Reply> done = each.get();
    if (done) ++marked;
    if (!done && done.error().code == ErrorCode::unavailable) failed = done.error();
  }
  if (failed) return *std::move(failed);
  json body = count_unread(services, who);
  body["marked"] = marked;
  Answer answer;
  answer.body = body.dump();
  return answer;
}

}  // namespace

void bind_routes(http::Handlers& handlers, const Services& services) {
  handlers.bind("notification.list",
                [&services](const Request& request) { return list(services, request); });
  handlers.bind("notification.get",
                [&services](const Request& request) { return get(services, request); });
  handlers.bind("notification.unread_count", [&services](const Request& request) {
    Answer answer;
    answer.body = count_unread(services, request.principal.id).dump();
    return answer;
  });
  handlers.bind("notification.read", [&services](const Request& request) {
    return change(services, request, MarkRead{});
  });
  handlers.bind("notification.dismiss", [&services](const Request& request) {
    return change(services, request, Dismiss{});
  });
  handlers.bind("notification.read_all",
                [&services](const Request& request) { return read_all(services, request); });
}

}  // namespace factory::notification
