#include "slices/task/routes.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "flows/decide_task.hpp"
#include "queries/listing.hpp"
#include "queries/stats.hpp"
#include "queries/task_docs.hpp"
#include "queries/words.hpp"
#include "slices/task/bulk.hpp"
#include "slices/task/requests.hpp"
#include "slices/task/task.hpp"

namespace factory::task {
namespace {

using http::Answer;
using http::Request;
using nlohmann::json;

/// What a list can be driven by, narrowest first; all but the first must be there, too.
std::vector<storage::Tag> open_tags(const ListFilter& filter) {
  std::vector<storage::Tag> tags;
  if (!filter.assignee.empty()) tags.push_back({"task.open.assignee", filter.assignee, 0, 0});
  if (!filter.pipeline_id.empty()) tags.push_back({"task.open.pipeline", filter.pipeline_id, 0, 0});
  if (filter.deferred.value_or(false)) tags.push_back({"task.open.deferred", "", 0, 0});
  // Those that nobody has touched are the rule and have no entry of their own.
  if (filter.status != "open" && filter.status != "pending") {
    tags.push_back({"task.open.status", filter.status, 0, 0});
  }
  if (tags.empty()) tags.push_back({"task.open", "", 0, 0});
  return tags;
}

/// Open tasks: by priority and deadline, or by the deadline alone.
storage::ViewQuery open_query(const ListFilter& filter) {
  storage::ViewQuery query;
  query.kind = "task";
  if (filter.status != "open") query.statuses = {filter.status};
  std::vector<storage::Tag> tags = open_tags(filter);
  query.descending = filter.sort == "-sla_deadline";
  if (filter.priority) {
    query.rank = static_cast<std::int64_t>(*filter.priority);
  } else if (filter.sort != "priority") {
    if (tags.front().key == "task.open") tags.clear();
    tags.insert(tags.begin(), {"task.open.due", "", 0, 0});
  }
  query.tag = tags.front();
  query.also.assign(tags.begin() + 1, tags.end());
  return query;
}

/// Closed tasks, or all: the newest first.
storage::ViewQuery any_query(const ListFilter& filter) {
  storage::ViewQuery query;
  query.kind = "task";
  if (filter.status != "all") query.statuses = {filter.status};
  if (!filter.pipeline_id.empty()) {
    query.tag = storage::Tag{"task.pipeline", filter.pipeline_id, 0, 0};
  }
  query.descending = true;
  return query;
}

/// What no index knows.
bool wanted(const ListFilter& filter, const json& task) {
  if (!filter.type.empty() && task.at("type") != filter.type) return false;
  if (filter.priority && task.at("priority") != name_of(*filter.priority)) return false;
  if (filter.deferred && task.contains("deferred_until") != *filter.deferred) return false;
  return filter.assignee.empty() || task.value("assignee_id", "") == filter.assignee;
}

std::string list_summary(const queries::Listed& listed, Time now) {
  if (listed.docs.empty()) {
    return listed.next_cursor.empty() ? "No such task." : "None on this page; more may follow.";
  }
  std::string text = queries::count_words(static_cast<std::int64_t>(listed.docs.size()), "task");
  if (!listed.next_cursor.empty()) text += " on this page, more follow";
  std::int64_t breached = 0;
  for (const json& task : listed.docs) breached += task.value("sla_breached", false) ? 1 : 0;
  if (breached > 0) text += "; " + std::to_string(breached) + " past the SLA deadline";
  const json& first = listed.docs.front();
  text += ". First: " + first.value("title", "") + " (" + first.value("priority", "");
  if (const auto since = parse_time(first.value("waiting_since", ""))) {
    if (!first.contains("decided_at")) {
      text += ", waiting for " + queries::duration_words(now - *since);
    }
  }
  return text + ").";
}

Result<Answer> list(const Services& services, const Request& request) {
  const auto filter = read_filter(request);
  if (!filter) return filter.error();
  const storage::ViewQuery query = filter->open() ? open_query(*filter) : any_query(*filter);
  auto listed = queries::list(services, request, query,
                              [&](const json& task) { return wanted(*filter, task); });
  if (!listed) return listed.error();
  const auto people = services.people();
  for (json& task : listed->docs) {
    queries::complete_doc(services.store, task, *people);
    queries::show_last_told(task);
    if (!request.query.value("details", true)) queries::make_compact(task);
  }
  std::string summary = list_summary(*listed, services.clock.now());
  return queries::list_answer(std::move(*listed), "tasks", std::move(summary));
}

Result<Answer> get(const Services& services, const Request& request) {
  const auto row = http::find_view(services, "task", request.path.at("task_id"));
  if (!row) return row.error();
  json task = json::parse(row->doc);
  queries::complete_doc(services.store, task, *services.people());
  Answer answer;
  answer.body = task.dump();
  answer.etag = row->version;
  return answer;
}

/// A command on the task itself; the answer is its document.
Result<Answer> change(const Services& services, const Request& request, Command command) {
  const std::string& id = request.path.at("task_id");
  if (!has_prefix(id, Definition::prefix)) {
    return Error{ErrorCode::not_found, "There is no task " + id + ".", "", {}, {}};
  }
  return http::command(services, request, id, std::move(command));
}

Result<Answer> complete(const Services& services, const Request& request) {
  const auto row = http::find_view(services, "task", request.path.at("task_id"));
  if (!row) return row.error();
  json task = json::parse(row->doc);
  const flows::TaskDecision decision = read_decision(request.body);
  auto command = flows::decide_task(task, decision);
  if (!command) return command.error();
  Request own = request;
  const bool at_gate = command->stream != row->id;
  if (at_gate) {
    const auto may = http::require_decision_scope(
        services, request, decision.decision == "rejected", "To decide at a gate");
    if (!may) return may.error();
  }
  if (at_gate && own.if_match) {
    if (*own.if_match != row->version) return changed_since(*row);
    own.if_match.reset();  // it names the task's version, not the gate's
  }
  auto answer = http::command(
      services, own, command->stream, command->command, 200,
      [task = std::move(task), people = services.people()](const engine::Written& written) {
        return queries::decided_task(task, written, *people).dump();
      });
  if (answer && at_gate) answer->etag.reset();
  return answer;
}

Result<Answer> stats(const Services& services) {
  Answer answer;
  answer.body = to_json(queries::task_stats(services.store, services.clock.now())).dump();
  return answer;
}

}  // namespace

void bind_routes(http::Handlers& handlers, const Services& services) {
  handlers.bind("task.list",
                [&services](const Request& request) { return list(services, request); });
  handlers.bind("task.get", [&services](const Request& request) { return get(services, request); });
  handlers.bind("task.stats", [&services](const Request& /*request*/) { return stats(services); });
  handlers.bind("task.claim",
                [&services](const Request& request) { return change(services, request, Claim{}); });
  handlers.bind("task.start",
                [&services](const Request& request) { return change(services, request, Start{}); });
  handlers.bind("task.defer", [&services](const Request& request) {
    return change(services, request, read_defer(request.body));
  });
  handlers.bind("task.release", [&services](const Request& request) {
    return change(services, request, Release{});
  });
  handlers.bind("task.reassign", [&services](const Request& request) {
    return change(services, request, read_reassign(request.body));
  });
  handlers.bind("task.patch", [&services](const Request& request) {
    return change(services, request, read_priority(request.body));
  });
  handlers.bind("task.complete",
                [&services](const Request& request) { return complete(services, request); });
  handlers.bind("task.bulk",
                [&services](const Request& request) { return bulk(services, request); });
}

}  // namespace factory::task
