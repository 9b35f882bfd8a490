#include "queries/blocker.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "queries/action.hpp"
#include "queries/causes.hpp"
#include "queries/listing.hpp"
#include "queries/task_docs.hpp"
#include "queries/words.hpp"

namespace factory::queries {
namespace {

using nlohmann::json;

constexpr std::int64_t most_counted_blockers = 1'000;

void copy(const json& from, const char* name, json& to, const char* as) {
  const auto found = from.find(name);
  if (found != from.end() && !found->is_null()) to[as] = *found;
}

json task_head(const json& task) {
  json head{{"type", "task"}};
  for (const char* name :
       {"id", "title", "status", "pipeline_id", "pipeline_name", "stage", "priority"}) {
    copy(task, name, head, name);
  }
  copy(task, "type", head, "task_type");
  copy(task, "waiting_since", head, "since");
  copy(task, "next_notification", head, "next_notification");
  if (task.contains("notified")) head["last_notified"] = task["notified"].back();
  return head;
}

json pipeline_head(const json& pipeline) {
  json head{{"type", "pipeline"}};
  for (const char* name : {"id", "status", "priority"}) copy(pipeline, name, head, name);
  copy(pipeline, "id", head, "pipeline_id");
  copy(pipeline, "name", head, "pipeline_name");
  copy(pipeline, "current_stage", head, "stage");
  head["title"] = pipeline.value("name", "") + " is " + pipeline.value("status", "stuck");
  const auto waiting = pipeline.find("waiting_for");
  if (waiting != pipeline.end()) copy(*waiting, "since", head, "since");
  if (!head.contains("since")) copy(pipeline, "updated_at", head, "since");
  return head;
}

json described(json head, const Waiting& waiting, Time now) {
  const Time since = parse_time(head.value("since", "")).value_or(now);
  head["blocked_seconds"] = std::max<std::int64_t>((now - since).count() / 1000, 0);
  json causes = json::array();
  for (const Cause& cause : waiting.causes) {
    causes.push_back({{"code", cause.code}, {"detail", cause.detail}});
  }
  head["causes"] = std::move(causes);
  head["waiting_for"] = waiting.waiting_for;
  head["who_can_unblock"] = waiting.who;
  head["how"] = waiting.how;
  return head;
}

bool has_cause(const Waiting& waiting, const char* code) {
  return std::ranges::any_of(waiting.causes,
                             [&](const Cause& cause) { return cause.code == code; });
}

bool is_task(const json& doc) { return has_prefix(doc.value("id", ""), "task"); }

/// The documents of a page as blockers.
std::vector<json> explain(const Services& services, const std::vector<json>& docs,
                          bool suggestions) {
  const auto people = services.people();
  const Time now = services.clock.now();
  std::vector<json> explained;
  explained.reserve(docs.size());
  for (const json& doc : docs) {
    const json approval = is_task(doc) ? approval_of(services.store, doc, *people) : json(nullptr);
    explained.push_back(blocker(services, doc, approval, *people, now, suggestions));
  }
  return explained;
}

std::string summary_of(const std::vector<json>& page, const Total& total) {
  if (page.empty()) return total.count == 0 ? "Nothing is stuck." : "No more are stuck.";
  const json& first = page.front();
  const Millis blocked{first.value("blocked_seconds", std::int64_t{0}) * 1000};
  return count_words(total.count, "thing", total.at_least) + (total.count == 1 ? " is" : " are") +
         " stuck. First: " + first.value("title", "") + " (" + first.value("priority", "") +
         ", for " + duration_words(blocked) + "): waits for " + first.value("waiting_for", "") +
         "; " + either(first.at("who_can_unblock").get<std::vector<std::string>>()) +
         " can unblock it.";
}

storage::ViewQuery query_of(const std::string& pipeline_id) {
  storage::ViewQuery query;
  query.tag = pipeline_id.empty() ? storage::Tag{"blocker", "", 0, 0}
                                  : storage::Tag{"blocker.pipeline", pipeline_id, 0, 0};
  return query;
}

}  // namespace

Total count_blockers(storage::Store& store) {
  return total_of(store, "blocker", most_counted_blockers);
}

json blocker(const Services& services, const json& doc, const json& approval,
             const Directory& people, Time now, bool suggestions) {
  const bool task = is_task(doc);
  const Waiting waiting =
      task ? why_task_waits(doc, approval, now, people) : why_pipeline_waits(doc, people);
  json explained = described(task ? task_head(doc) : pipeline_head(doc), waiting, now);
  if (!suggestions) return explained;
  json next =
      task ? action_for_task(services.catalog, doc, approval, has_cause(waiting, "nobody_eligible"))
           : action_for_pipeline(services.catalog, doc);
  if (!next.is_null()) explained["suggested_action"] = std::move(next);
  return explained;
}

Result<http::Answer> blockers(const Services& services, const http::Request& request) {
  const std::string pipeline_id = request.query.value("pipeline_id", "");
  auto listed = list(services, request, query_of(pipeline_id));
  if (!listed) return listed.error();
  listed->docs = explain(services, listed->docs, request.query.value("include_suggestions", true));
  // Of one pipeline only its page is counted: the index counts no single value.
  const Total total = pipeline_id.empty()
                          ? count_blockers(services.store)
                          : Total{static_cast<std::int64_t>(listed->docs.size()),
                                  !listed->next_cursor.empty() || request.query.contains("cursor")};
  json document{{"summary", summary_of(listed->docs, total)},
                {"blockers", std::move(listed->docs)},
                {"total", total.count},
                {"at_least", total.at_least},
                {"next_cursor", nullptr}};
  if (!listed->next_cursor.empty()) document["next_cursor"] = listed->next_cursor;
  http::Answer answer;
  answer.body = document.dump();
  answer.next_cursor = std::move(listed->next_cursor);
  return answer;
}

std::vector<json> worst_blockers(const Services& services, int limit) {
  storage::ViewQuery query = query_of("");
  query.limit = limit;
  std::vector<json> docs;
  for (const storage::ViewRow& row : services.store.query_views(query).rows) {
    docs.push_back(json::parse(row.doc));
  }
  return explain(services, docs, false);
}

}  // namespace factory::queries
