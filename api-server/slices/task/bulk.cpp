#include "slices/task/bulk.hpp"

#include <future>
#include <nlohmann/json.hpp>

#include "http/problem.hpp"
#include "queries/task_docs.hpp"
#include "queries/words.hpp"
#include "slices/task/requests.hpp"
#include "slices/task/task.hpp"

namespace factory::task {
namespace {

using engine::Reply;
using nlohmann::json;

/// approve, reject and complete decide; the others are commands of the task itself.
Result<engine::Command> command_for(const json& body, const json& task) {
  const std::string action = body.at("action");
  const std::string id = task.at("id");
  if (action == "claim") return engine::Command{id, Command{Claim{}}};
  if (action == "release") return engine::Command{id, Command{Release{}}};
  if (action == "reassign") return engine::Command{id, Command{read_reassign(body)}};
  flows::TaskDecision decision = read_decision(body);
  decision.decision = action == "approve" ? "approved" : action == "reject" ? "rejected" : "done";
  return flows::decide_task(task, decision);
}

struct Item {
  std::string task_id;
  std::future<Result<Reply>> waiting;  ///< invalid if `refused`
  std::optional<Error> refused;
};

class Bulk {
 public:
  Bulk(const Services& services, const http::Request& request)
      : services_(services), request_(request), people_(services.people()) {}

  /// All are queued before the first is waited for, so that they share flushes.
  Result<http::Answer> run() {
    if (const auto status = check(); !status) return status.error();
    std::vector<Item> items;
    const json& ids = request_.body.at("task_ids");
    for (std::size_t i = 0; i < ids.size(); ++i) items.push_back(start(ids[i], i));
    json results = json::array();
    std::int64_t succeeded = 0;
    for (Item& item : items) {
      results.push_back(finish(item));
      if (results.back().at("ok") == true) ++succeeded;
    }
    const auto all = static_cast<std::int64_t>(items.size());
    http::Answer answer;
    answer.body = json{{"summary", std::to_string(succeeded) + " of " +
                                       queries::count_words(all, "task") + " done."},
                       {"succeeded", succeeded},
                       {"failed", all - succeeded},
                       {"results", std::move(results)}}
                      .dump();
    return answer;
  }

 private:
  [[nodiscard]] factory::Status check() const {
    const json& body = request_.body;
    if (body.at("action") == "reassign") {
      auto may = http::require_scope(services_, request_, "tasks:approve", "To reassign");
      if (!may) return may;
    }
    if (body.at("action") == "reassign" && !body.contains("assignee_id")) {
      return http::field_error("/assignee_id",
                               "is needed to reassign; null takes it from everybody");
    }
    if (body.at("action") == "reject" && read_decision(body).notes.empty()) {
      return http::field_error("/reason", "is needed to reject");
    }
    for (std::size_t i = 0; i < body.at("task_ids").size() && !key(i).empty(); ++i) {
      const auto known = services_.store.find_request(request_.principal.id, key(i));
      if (!known || known->fingerprint == request_.fingerprint) continue;
      return Error{ErrorCode::unprocessable,
                   "This Idempotency-Key was used for another request.",
                   "Send a fresh key with a new request, or the first request's exact content.",
                   {{"header/Idempotency-Key", "belongs to another request"}},
                   {}};
    }
    return Done{};
  }

  [[nodiscard]] std::string key(std::size_t index) const {
    const std::string& key = request_.idempotency_key;
    return key.empty() ? "" : key + "#" + std::to_string(index);
  }

  Item start(const std::string& id, std::size_t index) {
    Item item{id, {}, {}};
    const auto row = http::find_view(services_, "task", id);
    if (!row) {
      item.refused = row.error();
      return item;
    }
    json task = json::parse(row->doc);
    auto command = command_for(request_.body, task);
    if (!command) {
      item.refused = command.error();
      return item;
    }
    if (command->stream != id) {
      auto may = http::require_decision_scope(
          services_, request_, request_.body.at("action") == "reject", "To decide at a gate");
      if (!may) {
        item.refused = may.error();
        return item;
      }
    }
    engine::Call call = http::call_of(request_, std::move(*command));
    call.idempotency_key = key(index);
    call.fingerprint = request_.fingerprint;
    call.reply = [task = std::move(task), people = people_](const engine::Written& written) {
      Reply reply;
      reply.body = queries::decided_task(task, written, *people).dump();
      return reply;
    };
    item.waiting = services_.runner.submit(std::move(call));
    return item;
  }

  json finish(Item& item) {
    json result{{"task_id", item.task_id}};
    Result<Reply> reply =
        item.refused ? Result<Reply>(std::move(*item.refused)) : item.waiting.get();
    result["ok"] = reply.ok();
    if (reply) {
      result["status"] = reply->status;
      result["task"] = json::parse(reply->body);
    } else {
      result["status"] = http::status_of(reply.error());
      result["error"] = json::parse(
          http::problem_document(reply.error(), "/v1/tasks/" + item.task_id, request_.request_id));
    }
    return result;
  }

  const Services& services_;
  const http::Request& request_;
  const std::shared_ptr<const Directory> people_;
};

}  // namespace

Result<http::Answer> bulk(const Services& services, const http::Request& request) {
  return Bulk(services, request).run();
}

}  // namespace factory::task
