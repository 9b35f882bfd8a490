#include "slices/pipeline/routes_read.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "common/json_members.hpp"
#include "domain/policy.hpp"
#include "queries/approval_standing.hpp"
#include "queries/listing.hpp"
#include "slices/pipeline/pipeline.hpp"

namespace factory::pipeline {

namespace {

using http::Answer;
using http::Request;
using nlohmann::json;

constexpr int kMostTasks = 20;
constexpr int kMostAssets = 50;
constexpr std::size_t kMostTransitions = 100;

/// Who can decide at the gate; null if there is none to decide.
json eligible_at(const Services& services, const std::string& approval_id,
                 const Directory& people) {
  const auto gate = services.store.get_view(approval_id);
  return gate ? json(queries::able(gate->doc, people)) : json();
}

/// The same for the gate that the text of a pipeline's document waits at.
json who_decides(const Services& services, const std::string& doc, const Directory& people) {
  const std::string_view marker = R"(,"approval_id":")";
  const std::size_t waiting = doc.rfind(R"("waiting_for":{)");
  const std::size_t at = doc.find(marker, waiting);
  if (waiting == std::string::npos || at == std::string::npos) return nullptr;
  const std::size_t from = at + marker.size();
  return eligible_at(services, doc.substr(from, doc.find('"', from) - from), people);
}

/// Tells who can decide what the pipeline waits for.
void add_who(const Services& services, json& doc, const Directory& people) {
  json& waiting = doc["waiting_for"];
  if (!waiting.contains("approval_id")) return;
  json who = eligible_at(services, waiting["approval_id"], people);
  if (!who.is_null()) waiting["who"] = std::move(who);
}

/// What a list of documents shows of each, as the text of an array.
std::string picked(const storage::ViewPage& page, std::initializer_list<std::string_view> names) {
  std::string list = "[";
  for (const storage::ViewRow& row : page.rows) {
    if (list.size() > 1) list += ',';
    list += pick_members(row.doc, names);
  }
  return list += ']';
}

/// Tasks that wait, the most urgent first.
std::string open_tasks(const Services& services, const std::string& pipeline_id) {
  storage::ViewQuery query;
  query.kind = "task";
  query.tag = storage::Tag{"task.open.pipeline", pipeline_id, 0, 0};
  query.limit = kMostTasks;
  return picked(services.store.query_views(query),
                {"id", "type", "title", "status", "priority", "stage", "assignee_id", "approval_id",
                 "sla_deadline"});
}

/// The files that were uploaded, the latest changed first.
std::string assets(const Services& services, const std::string& pipeline_id) {
  storage::ViewQuery query;
  query.kind = "asset";
  query.statuses = {"active"};
  query.tag = storage::Tag{"asset.pipeline", pipeline_id, 0, 0};
  query.descending = true;
  query.limit = kMostAssets;
  return picked(services.store.query_views(query),
                {"id", "path", "stage", "type", "latest_version", "size", "digest", "uploaded_by"});
}

/// What a list shows of a pipeline unless details are asked for.
void make_compact(json& doc) {
  for (const char* name : {"stages", "config", "parameters", "description"}) doc.erase(name);
}

storage::ViewQuery query_of(const Request& request) {
  const json& wanted = request.query;
  storage::ViewQuery query;
  query.kind = Definition::kind;
  const std::string status = wanted.value("status", "");
  if (status.empty()) {
    query.statuses = {"active", "paused", "completed", "failed"};
  } else if (status != "all") {
    query.statuses = {status};
  }
  std::vector<storage::Tag> tags;
  const auto filter = [&](const char* name, const char* key) {
    if (!wanted.contains(name)) return;
    auto value = wanted[name].get<std::string>();
    if (value == "me" && std::string_view(name) == "assignee") value = request.principal.id;
    tags.push_back({key, std::move(value), 0, 0});
  };
  filter("slug", "pipeline.slug");
  filter("assignee", "pipeline.assignee");
  filter("stage", "pipeline.stage");
  filter("priority", "pipeline.priority");
  query.descending = tags.empty() || tags.front().key == "pipeline.priority";
  if (!tags.empty()) {
    query.tag = tags.front();
    query.also.assign(tags.begin() + 1, tags.end());
  }
  return query;
}

std::string counted(std::size_t count, const std::string& what) {
  return std::to_string(count) + " " + what;
}

std::string summary_of(const queries::Listed& listed) {
  if (listed.docs.empty()) {
    return listed.next_cursor.empty() ? "No pipeline matches."
                                      : "None on this page; more may follow.";
  }
  std::map<std::string, std::size_t> statuses;
  std::size_t deciding = 0;
  for (const json& doc : listed.docs) {
    ++statuses[doc.at("status").get<std::string>()];
    if (doc.at("waiting_for").contains("approval_id")) ++deciding;
  }
  std::string text =
      counted(listed.docs.size(), listed.docs.size() == 1 ? "pipeline" : "pipelines");
  if (!listed.next_cursor.empty()) text += " on this page, more follow";
  const char* before = ": ";
  for (const auto& [status, count] : statuses) {
    text += before + counted(count, status);
    before = ", ";
  }
  if (deciding > 0)
    text += "; " + counted(deciding, deciding == 1 ? "waits" : "wait") + " for a decision";
  return text + ".";
}

/// How the pipeline moved, the latest first.
json transitions_of(const Services& services, const std::string& id) {
  storage::EventQuery query;
  query.stream = id;
  query.type = StageChanged::type;
  query.descending = true;
  query.limit = static_cast<int>(kMostTransitions);
  json list = json::array();
  while (list.size() < kMostTransitions) {
    const storage::EventPage page = services.store.read_events(query);
    for (const storage::EventRecord& event : page.events) {
      if (list.size() == kMostTransitions) break;
      const json data = engine::event_data(event.body);
      list.push_back({{"at", format_time(event.at)},
                      {"from", data.value("from", "")},
                      {"left_as", data.value("left_as", "")},
                      {"to", data.value("to", "")},
                      {"cause", data.value("cause", "")},
                      {"by", event.actor}});
    }
    if (!page.next) break;
    query.before = page.next;
  }
  return list;
}

Result<storage::ViewRow> find(const Services& services, const Request& request) {
  return http::find_view(services, std::string(Definition::kind), request.path.at("pipeline_id"));
}

Answer answer_with(const json& body, const storage::ViewRow& row) {
  Answer answer;
  answer.body = body.dump();
  answer.etag = row.version;
  return answer;
}

/// Only the pipeline that is named, as a list.
Result<queries::Listed> list_one(const Services& services, const std::string& id) {
  auto row = http::find_view(services, std::string(Definition::kind), id);
  if (!row) return std::move(row.error());
  return queries::Listed{{json::parse(row->doc)}, ""};
}

Result<queries::Listed> list_many(const Services& services, const Request& request) {
  const std::string name = request.query.value("template", "");
  if (name.empty()) return queries::list(services, request, query_of(request));
  return queries::list(services, request, query_of(request),
                       [&](const json& doc) { return doc.at("template").at("name") == name; });
}

}  // namespace

Result<Answer> list(const Services& services, const Request& request) {
  const std::string id = request.query.value("pipeline_id", "");
  auto listed = id.empty() ? list_many(services, request) : list_one(services, id);
  if (!listed) return std::move(listed.error());
  const bool details = request.query.value("details", false);
  const auto people = services.people();
  for (json& doc : listed->docs) {
    add_who(services, doc, *people);
    if (details) {
      const auto pipeline_id = doc["id"].get<std::string>();
      doc["open_tasks"] = json::parse(open_tasks(services, pipeline_id));
      doc["assets"] = json::parse(assets(services, pipeline_id));
    } else {
      make_compact(doc);
    }
  }
  std::string summary = summary_of(*listed);
  return queries::list_answer(std::move(*listed), "pipelines", std::move(summary));
}

Result<Answer> get(const Services& services, const Request& request) {
  auto row = find(services, request);
  if (!row) return row.error();
  // Only what is added is read as JSON: a document can be large, and this is asked most often.
  const json who = who_decides(services, row->doc, *services.people());
  Answer answer;
  answer.etag = row->version;
  answer.body = std::move(row->doc);
  if (!who.is_null()) {
    // The last one is the document's own: what follows it are texts, whose quotes are escaped.
    const std::string_view marker = R"("waiting_for":{)";
    answer.body.insert(answer.body.rfind(marker) + marker.size(), R"("who":)" + who.dump() + ",");
  }
  answer.body.pop_back();
  answer.body += R"(,"open_tasks":)" + open_tasks(services, row->id) + "}";
  return answer;
}

Result<Answer> stages(const Services& services, const Request& request) {
  const auto row = find(services, request);
  if (!row) return row.error();
  const json doc = json::parse(row->doc);
  return answer_with({{"pipeline_id", row->id},
                      {"current_stage", doc.at("current_stage")},
                      {"status", doc.at("status")},
                      {"stages", doc.at("stages")},
                      {"transitions", transitions_of(services, row->id)},
                      {"version", row->version}},
                     *row);
}

std::string tests_in_words(const json& tests) {
  std::string text = counted(tests.value("passed", std::size_t{0}), "passed") + ", " +
                     counted(tests.value("failed", std::size_t{0}), "failed") + ", " +
                     counted(tests.value("skipped", std::size_t{0}), "skipped");
  if (tests.contains("coverage")) text += ", coverage " + tests["coverage"].dump() + " %";
  return text;
}

Result<Answer> test_results(const Services& services, const Request& request) {
  const auto row = find(services, request);
  if (!row) return row.error();
  const json doc = json::parse(row->doc);
  json results = json::array();
  std::string summary;
  for (const json& stage : doc.at("stages")) {
    if (!stage.contains("evidence") || !stage["evidence"].contains("tests")) continue;
    json result{{"stage", stage.at("name")},
                {"status", stage.at("status")},
                {"tests", stage["evidence"]["tests"]}};
    if (stage.contains("checks_failing")) result["checks_failing"] = stage["checks_failing"];
    summary += (summary.empty() ? "" : "; ") + stage["name"].get<std::string>() + ": " +
               tests_in_words(result["tests"]);
    results.push_back(std::move(result));
  }
  if (results.empty()) summary = "No test results were reported yet";
  return answer_with({{"pipeline_id", row->id},
                      {"name", doc.at("name")},
                      {"results", std::move(results)},
                      {"summary", summary + "."}},
                     *row);
}

}  // namespace factory::pipeline
