#include "slices/gate/routes.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "queries/approval_standing.hpp"
#include "queries/listing.hpp"
#include "queries/words.hpp"
#include "slices/gate/gate.hpp"

namespace factory::gate {
namespace {

using http::Answer;
using http::Request;
using nlohmann::json;
using Texts = std::vector<std::string>;

/// Pending ones by priority and age; others, and all, the newest first.
storage::ViewQuery query_of(const std::string& status, const std::string& pipeline_id,
                            bool open_conditions) {
  storage::ViewQuery query;
  query.kind = Definition::kind;
  const bool pending = status == "pending";
  if (status != "all") query.statuses = {status};
  if (!pipeline_id.empty()) {
    query.tag = storage::Tag{"gate.pipeline", pipeline_id, 0, 0};
  } else if (pending) {
    query.tag = storage::Tag{"gate.open", "", 0, 0};
  }
  if (open_conditions) {
    const storage::Tag open{"gate.conditions", "open", 0, 0};
    if (query.tag) {
      query.also = {open};
    } else {
      query.tag = open;
    }
  }
  query.descending = !pending;
  return query;
}

bool can_decide(json gate, const std::string& person, const Directory& people) {
  queries::add_standing(gate, people);
  const json& eligible = gate.at("eligible");
  return std::find(eligible.begin(), eligible.end(), person) != eligible.end();
}

std::string list_summary(const queries::Listed& listed, Time now) {
  if (listed.docs.empty()) {
    return listed.next_cursor.empty() ? "No such approval." : "None on this page; more may follow.";
  }
  std::string text =
      queries::count_words(static_cast<std::int64_t>(listed.docs.size()), "approval");
  if (!listed.next_cursor.empty()) text += " on this page, more follow";
  const json& first = listed.docs.front();
  text += ". First: " + first.value("title", "");
  if (first.contains("pipeline_name")) text += " of " + first.value("pipeline_name", "");
  text += ", ";
  const auto since = parse_time(first.value("created_at", ""));
  if (first.at("status") != "pending" || !since) return text + first.value("status", "") + ".";
  return text + "waiting for " + queries::duration_words(now - *since) + ".";
}

Result<Answer> list(const Services& services, const Request& request) {
  const std::string status = request.query.value("status", "pending");
  std::string assignee = request.query.value("assignee", "");
  if (assignee == "me") assignee = request.principal.id;
  const auto people = services.people();
  queries::Listed listed;
  if (assignee.empty() || status == "pending" || status == "all") {
    // Nobody can decide what is decided: of `all`, only pending ones are somebody's.
    auto found = queries::list(
        services, request,
        query_of(assignee.empty() ? status : "pending", request.query.value("pipeline_id", ""),
                 request.query.value("conditions", "") == "open"),
        [&](const json& gate) { return assignee.empty() || can_decide(gate, assignee, *people); });
    if (!found) return std::move(found.error());
    listed = std::move(*found);
  }
  for (json& gate : listed.docs) queries::add_standing(gate, *people);
  std::string summary = list_summary(listed, services.clock.now());
  return queries::list_answer(std::move(listed), "approvals", std::move(summary));
}

std::string shown(const std::string& document, const Directory& people) {
  json gate = json::parse(document);
  queries::add_standing(gate, people);
  gate["next"] = queries::next_step(gate);
  return gate.dump();
}

Result<Answer> get(const Services& services, const Request& request) {
  const auto row =
      http::find_view(services, std::string(Definition::kind), request.path.at("approval_id"));
  if (!row) return row.error();
  Answer answer;
  answer.body = shown(row->doc, *services.people());
  answer.etag = row->version;
  return answer;
}

/// The pipeline's row if this commit touched it; a gate names its pipeline in its index.
const storage::ViewRow* pipeline_of(const engine::Written& written, const storage::ViewRow& gate) {
  for (const storage::Tag& tag : gate.tags) {
    if (tag.key != "gate.pipeline") continue;
    const auto found = written.views.find(tag.value);
    if (found != written.views.end()) return found->second;
  }
  return nullptr;
}

bool is_of_pipeline(const storage::ViewRow& gate) {
  return std::any_of(gate.tags.begin(), gate.tags.end(),
                     [](const storage::Tag& tag) { return tag.key == "gate.pipeline"; });
}

/// The gate's document after a command. It is made on the writer's thread: one that is closed is
/// not read again, but gets its last members at the end of its text.
std::string answer_of(const engine::Written& written, const std::string& id,
                      const Directory& people) {
  const storage::ViewRow& gate = written.view(id);
  if (gate.status == name_of(Status::pending)) return shown(gate.doc, people);
  const std::string next = is_of_pipeline(gate)
                               ? queries::next_step(gate.status, pipeline_of(written, gate))
                               : queries::next_step_of_report(gate.status);
  return gate.doc.substr(0, gate.doc.rfind('}')) + R"(,"missing":[],"eligible":[],"next":)" +
         json(next).dump() + "}";
}

Result<Answer> run(const Services& services, const Request& request, Command command) {
  const std::string& id = request.path.at("approval_id");
  if (!has_prefix(id, Definition::prefix)) {
    return Error{ErrorCode::not_found, "There is no approval " + id + ".", "", {}, {}};
  }
  return http::command(services, request, id, std::move(command), 200,
                       [&id, people = services.people()](const engine::Written& written) {
                         return answer_of(written, id, *people);
                       });
}

Vote approval(const json& body) {
  Vote vote;
  vote.verdict = Verdict::approve;
  vote.notes = body.value("notes", "");
  vote.conditions = body.value("conditions", Texts{});
  vote.digest = body.value("digest", "");
  return vote;
}

Vote rejection(const json& body) {
  Vote vote;
  vote.verdict = Verdict::reject;
  vote.notes = body.value("reason", "");
  vote.requested_changes = body.value("requested_changes", Texts{});
  vote.severity = enum_from<Severity>(body.value("severity", "")).value_or(Severity::major);
  vote.digest = body.value("digest", "");
  return vote;
}

}  // namespace

void bind_routes(http::Handlers& handlers, const Services& services) {
  handlers.bind("approval.list",
                [&services](const Request& request) { return list(services, request); });
  handlers.bind("approval.get",
                [&services](const Request& request) { return get(services, request); });
  handlers.bind("approval.approve", [&services](const Request& request) {
    return run(services, request, approval(request.body));
  });
  handlers.bind("approval.reject", [&services](const Request& request) {
    return run(services, request, rejection(request.body));
  });
  handlers.bind("approval.escalate", [&services](const Request& request) {
    return run(services, request,
               Escalate{request.body.value("escalate_to", ""), request.body.value("reason", "")});
  });
  handlers.bind("approval.rescind", [&services](const Request& request) {
    return run(services, request, Rescind{request.body.value("reason", "")});
  });
  handlers.bind("approval.meet_condition", [&services](const Request& request) {
    return run(services, request,
               MeetCondition{request.body.at("condition").get<std::string>(),
                             request.body.value("of", ""), request.body.value("notes", "")});
  });
  handlers.bind("approval.delegate", [&services](const Request& request) {
    return run(services, request,
               Delegate{request.body.value("delegate_to", ""), request.body.value("reason", "")});
  });
}

}  // namespace factory::gate
