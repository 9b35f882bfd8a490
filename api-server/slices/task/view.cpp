#include <limits>
#include <utility>

#include "common/json_writer.hpp"
#include "slices/task/task.hpp"

namespace factory::task {
namespace {

/// The place of a task without a deadline: after all that have one.
constexpr std::int64_t no_deadline = std::numeric_limits<std::int64_t>::max();

bool is_empty(const JsonText& json) { return json.text == "{}" || json.text == "null"; }

void put_sla(JsonWriter& doc, const State& state) {
  doc.put_some("sla_deadline", state.due(state.sla().breach_minutes));
  doc.put_some("sla_warning_at", state.due(state.sla().warn_minutes));
  doc.put("sla_breached", state.sla_breached);
  if (state.open()) doc.put_some("sla_paused_since", state.paused_at);
  doc.put("escalation_level", state.escalation_level);
  doc.put_some("escalated_to", state.escalated_to);
}

template <class Values>
void put_names(JsonWriter& doc, std::string_view name, const Values& values) {
  doc.key(name).begin_array();
  for (const auto& value : values) doc.value(name_of(value));
  doc.end_array();
}

/// Who was told, when, through what, and what comes next.
void put_told(JsonWriter& doc, const State& state) {
  if (!state.told.empty()) doc.key("notified").begin_array();
  for (const Reminded& told : state.told) {
    doc.begin_object().put("step", told.name).put("number", told.step).put("at", told.at);
    doc.put("severity", name_of(told.severity)).put("to", told.recipients);
    if (told.others > 0) doc.put("others", told.others);
    put_names(doc, "channels", told.channels);
    doc.put("mention", name_of(told.mention)).end_object();
  }
  if (!state.told.empty()) doc.end_array();
  const auto next = next_step(state);
  if (!next) return;
  const LadderStep& step = state.ladder().steps.at(next->index);
  doc.key("next_notification").begin_object().put("step", step.name).put("at", next->due);
  doc.put("severity", name_of(step.severity)).put("to", step.to);
  put_names(doc, "channels", step.channels);
  doc.end_object();
}

void put_decision(JsonWriter& doc, const State& state) {
  if (state.completion) {
    const Completed& done = *state.completion;
    doc.put("decision", done.decision).put_some("decision_notes", done.notes);
    if (!is_empty(done.output)) doc.put_raw("decision_data", done.output.text);
    doc.put("decided_by", done.by).put("decided_at", done.at);
  } else if (const auto& deferral = state.deferral) {
    doc.put("decision", "deferred").put("decision_notes", deferral->reason);
    doc.put("deferred_until", deferral->until).put("deferred_by", deferral->by);
    doc.put("deferred_at", deferral->at);
  } else if (state.called && state.status == Status::escalated) {
    doc.put("decision", "escalated").put_some("decision_notes", state.called->reason);
    doc.put("escalated_by", state.called->by);
  }
  doc.put_some("cancel_reason", state.cancel_reason);
}

/// Absent things are left out.
std::string document(const std::string& id, const State& state) {
  const Created& created = state.created;
  JsonWriter doc;
  doc.begin_object();
  doc.put("id", id).put("type", name_of(created.kind)).put("title", created.title);
  doc.put("status", name_of(state.status)).put("priority", name_of(created.priority));
  doc.put("blocks_stage_advance", created.blocks).put("waiting_since", state.waiting_since);
  doc.put("created_at", created.at).put_some("description", created.description);
  doc.put_some("pipeline_id", created.pipeline_id);
  doc.put_some("pipeline_name", created.pipeline_name).put_some("stage", created.stage);
  doc.put_some("approval_id", created.gate_id).put_some("assignee_id", state.holder());
  doc.put_some("claimed_by", state.claimed_by).put_some("claimed_at", state.claimed_at);
  doc.put_some("started_at", state.started_at);
  if (!is_empty(created.context)) doc.put_raw("context", created.context.text);
  if (state.open() && state.taken_from) {
    doc.key("taken_from").begin_object().put("id", state.taken_from->from);
    doc.put("reason", state.taken_from->reason).put("at", state.taken_from->at).end_object();
  }
  put_sla(doc, state);
  put_told(doc, state);
  put_decision(doc, state);
  return doc.end_object().take();
}

/// Work that an agent may fetch: of its own first, else of nobody's. What somebody was given by
/// hand is theirs; the fix of a pipeline only bears the name of who answers for that.
std::optional<IndexEntry> for_an_agent(const State& state) {
  const bool waits =
      state.open() && state.claimed_by.empty() && !state.paused_at && !state.deferral;
  if (!waits || !for_agents(state.created.kind)) return std::nullopt;
  const bool inherited = state.created.kind == Type::fix_required && !state.given;
  return IndexEntry{"agent.work", inherited ? "" : state.assignee,
                    static_cast<std::int64_t>(state.created.priority),
                    to_millis(state.waiting_since)};
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
  if (state.status != Status::pending) {
    index.push_back({"task.open.status", std::string(name_of(state.status)), rank, due});
  }
  if (state.deferral) index.push_back({"task.open.deferred", "", rank, due});
  if (auto work = for_an_agent(state)) index.push_back(std::move(*work));
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
