#include <limits>
#include <utility>

#include "slices/task/task.hpp"

namespace factory::task {
namespace {

using nlohmann::json;

/// The place of a task without a deadline: after all that have one.
constexpr std::int64_t no_deadline = std::numeric_limits<std::int64_t>::max();

/// Absent things are left out.
void put(json& doc, const char* name, const std::string& text) {
  if (!text.empty()) doc[name] = text;
}

void put(json& doc, const char* name, const std::optional<Time>& time) {
  if (time) doc[name] = format_time(*time);
}

void put_sla(json& doc, const State& state) {
  put(doc, "sla_deadline", state.due(state.sla().breach_minutes));
  put(doc, "sla_warning_at", state.due(state.sla().warn_minutes));
  doc["sla_breached"] = state.sla_breached;
  if (state.open()) put(doc, "sla_paused_since", state.paused_at);
  doc["escalation_level"] = state.escalation_level;
  put(doc, "escalated_to", state.escalated_to);
}

void put_decision(json& doc, const State& state) {
  if (state.completion) {
    const Completed& done = *state.completion;
    doc["decision"] = done.decision;
    put(doc, "decision_notes", done.notes);
    json data = json::parse(done.output.text);
    if (!data.empty()) doc["decision_data"] = std::move(data);
    doc["decided_by"] = done.by;
    doc["decided_at"] = format_time(done.at);
  }
  put(doc, "cancel_reason", state.cancel_reason);
}

json document(const std::string& id, const State& state) {
  const Created& created = state.created;
  json doc{{"id", id},
           {"type", name_of(created.kind)},
           {"title", created.title},
           {"status", name_of(state.status)},
           {"priority", name_of(created.priority)},
           {"blocks_stage_advance", created.blocks},
           {"waiting_since", format_time(state.waiting_since)},
           {"created_at", format_time(created.at)}};
  put(doc, "description", created.description);
  put(doc, "pipeline_id", created.pipeline_id);
  put(doc, "pipeline_name", created.pipeline_name);
  put(doc, "stage", created.stage);
  put(doc, "approval_id", created.gate_id);
  put(doc, "assignee_id", state.holder());
  put(doc, "claimed_by", state.claimed_by);
  put(doc, "claimed_at", state.claimed_at);
  json context = json::parse(created.context.text);
  if (!context.empty()) doc["context"] = std::move(context);
  put_sla(doc, state);
  put_decision(doc, state);
  return doc;
}

/// Closed tasks are found by their pipeline alone; the queue's indexes hold what waits.
std::vector<IndexEntry> entries(const State& state) {
  const Created& created = state.created;
  std::vector<IndexEntry> index;
  const bool in_pipeline = !created.pipeline_id.empty();
  if (in_pipeline) {
    index.push_back({"task.pipeline", created.pipeline_id, 0, to_millis(created.at)});
  }
  if (!state.open()) return index;
  const auto rank = static_cast<std::int64_t>(created.priority);
  const auto deadline = state.due(state.sla().breach_minutes);
  const std::int64_t due = deadline ? to_millis(*deadline) : no_deadline;
  index.push_back({"task.open", "", rank, due});
  index.push_back({"task.open.due", "", 0, due});
  if (in_pipeline) index.push_back({"task.open.pipeline", created.pipeline_id, rank, due});
  if (!state.holder().empty()) {
    index.push_back({"task.open.assignee", state.holder(), rank, due});
  }
  if (!state.claimed_by.empty()) {
    index.push_back({"task.open.claimed", "", rank, to_millis(state.waiting_since)});
  }
  if (state.sla_breached) {
    index.push_back({"task.open.breached", "", rank, to_millis(state.waiting_since)});
  }
  if (created.blocks && in_pipeline) {
    const std::int64_t since = to_millis(state.waiting_since);
    index.push_back({"blocker", "", rank, since});
    index.push_back({"blocker.pipeline", created.pipeline_id, rank, since});
  }
  return index;
}

}  // namespace

View view(const std::string& id, const State& state) {
  View view;
  view.status = name_of(state.status);
  view.doc = document(id, state);
  view.text = state.created.title + '\n' + state.created.description + '\n' +
              state.created.pipeline_name + '\n' + state.created.stage;
  view.index = entries(state);
  return view;
}

}  // namespace factory::task
