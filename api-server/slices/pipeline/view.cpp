#include <algorithm>

#include "common/json_writer.hpp"
#include "domain/names.hpp"
#include "engine/codec.hpp"
#include "slices/pipeline/pipeline.hpp"

namespace factory::pipeline {

namespace {

/// The gate that a stage has, and the approval that it waits for.
void put_gate(JsonWriter& doc, const State& state, const StagePlan& plan, const StageState& stage) {
  doc.key("gate").begin_object();
  doc.put("type", plan.gate->type).put("title", plan.gate->title);
  doc.put("approved", stage.gate_approved);
  if (state.gate && state.gate->purpose == "stage" && state.gate->stage == plan.name) {
    doc.put("approval_id", state.gate->gate_id);
  }
  doc.end_object();
}

void put_stage(JsonWriter& doc, const State& state, int index) {
  const StagePlan& plan = state.plan(index);
  const StageState& stage = state.at(index);
  doc.begin_object();
  doc.put("name", plan.name).put("title", plan.title).put("status", name_of(stage.status));
  doc.put("visits", stage.visits).put("entered_at", stage.entered_at);
  doc.put("left_at", stage.left_at);
  if (!plan.work.empty()) {
    doc.put("work", plan.work).put("work_started", stage.work_started);
    doc.put("work_completed", stage.work_completed).put_some("worker", stage.worker);
  }
  if (plan.gate) put_gate(doc, state, plan, stage);
  if (!plan.checks.empty()) {
    engine::write_value(doc.key("checks"), plan.checks);
    if (stage.status == StageStatus::active) {
      doc.put("checks_failing", failing_checks(state, index, stage.evidence));
    }
    if (stage.checks_waived) doc.put("checks_waived", true);
  }
  if (stage.visits > 0 && !stage.reporters.empty()) {
    doc.put("reporters", stage.reporters);
    engine::write_value(doc.key("evidence"), stage.evidence);
  }
  doc.end_object();
}

void put_status_waited_for(JsonWriter& doc, const State& state) {
  switch (state.status) {
    case Status::active:
      if (state.current < 0) return;
      doc.put("kind", "work").put("what", state.plan(state.current).work);
      doc.put("stage", state.plan(state.current).name);
      doc.put("since", state.at(state.current).entered_at);
      return;
    case Status::paused:
      doc.put("kind", "resume").put("since", state.since);
      doc.put("what", state.reason.empty() ? "It was paused." : "It was paused: " + state.reason);
      return;
    case Status::failed:
      doc.put("kind", "retry").put("since", state.since);
      doc.put("what", "It failed: " + state.reason);
      return;
    case Status::none:
    case Status::completed:
    case Status::archived: doc.put("kind", "nothing");
  }
}

/// What the pipeline waits for now, so that nobody has to read its history.
void put_waiting_for(JsonWriter& doc, const State& state) {
  doc.key("waiting_for").begin_object();
  if (state.gate) {
    doc.put("kind", state.gate->purpose == "retry" ? "retry" : "decision");
    doc.put("what", state.gate->gate.title).put("approval_id", state.gate->gate_id);
    doc.put("task_id", state.gate->task_id).put("digest", state.gate->digest);
    doc.put("since", state.gate->at);
  } else {
    put_status_waited_for(doc, state);
  }
  doc.end_object();
}

int progress_percent(const State& state) {
  if (state.status == Status::completed) return 100;
  int done = 0;
  for (const StageState& stage : state.stages) {
    if (stage.status == StageStatus::completed || stage.status == StageStatus::skipped) ++done;
  }
  return done * 100 / static_cast<int>(state.stages.size());
}

bool is_released(const State& state, int stage) {
  const auto& gate = state.plan(stage).gate;
  return !gate || gate->opens != GateOpens::on_entry || state.at(stage).gate_approved;
}

std::vector<IndexEntry> index_of(const State& state, const std::string& id) {
  std::vector<IndexEntry> index;
  const auto rank = static_cast<std::int64_t>(state.priority);
  const std::int64_t created = to_millis(state.created->at);
  if (state.status != Status::archived && state.current >= 0) {
    index.push_back({"pipeline.stage", state.plan(state.current).name, rank, created});
    index.push_back({"pipeline.status", std::string(name_of(state.status)), rank, created});
  }
  if (!state.assignee.empty()) {
    index.push_back({"pipeline.assignee", state.assignee, rank, created});
  }
  index.push_back({"pipeline.slug", slug_of(*state.created, id), 0, 0, true});
  index.push_back({"pipeline.priority", std::string(name_of(state.priority)), 0, created});
  if (work_waits(state)) {
    const auto since = state.at(state.current).entered_at.value_or(state.created->at);
    index.push_back({"agent.work", "", rank, to_millis(since)});
  }
  const bool stuck = state.status == Status::paused || state.status == Status::failed;
  if (stuck && !state.gate) {
    const std::int64_t since = to_millis(*state.since);
    index.push_back({"blocker", "", rank, since});
    index.push_back({"blocker.pipeline", id, rank, since});
  }
  return index;
}

void put_open_fixes(JsonWriter& doc, const State& state) {
  doc.key("open_fixes").begin_array();
  for (const OpenFix& fix : state.fixes) {
    doc.begin_object().put("task_id", fix.task_id).put("stage", fix.stage).end_object();
  }
  doc.end_array();
}

std::string document(const std::string& id, const State& state) {
  const Created& created = *state.created;
  const Plan& plan = *created.plan;
  JsonWriter doc;
  doc.begin_object();
  doc.put("id", id).put("name", created.name).put("slug", slug_of(created, id));
  doc.put("description", state.description);
  doc.put("platform", created.platform).put("status", name_of(state.status));
  // There is none between the events of the creation, where the trail looks, too.
  doc.put("current_stage", state.current < 0 ? "" : state.plan(state.current).name);
  doc.put("priority", name_of(state.priority)).put("created_by", created.created_by);
  doc.key("assignee_id");
  state.assignee.empty() ? doc.null() : doc.value(state.assignee);
  doc.put_raw("config", state.config.text);
  doc.key("template").begin_object().put("name", plan.template_name);
  doc.put("version", plan.template_version).put("digest", plan.template_digest).end_object();
  doc.put_raw("parameters", plan.parameters.text);
  doc.put("progress_percent", progress_percent(state));
  doc.key("stages").begin_array();
  for (int i = 0; i < static_cast<int>(state.stages.size()); ++i) put_stage(doc, state, i);
  doc.end_array();
  put_waiting_for(doc, state);
  put_open_fixes(doc, state);
  doc.put("created_at", created.at).put("completed_at", state.completed_at);
  doc.put_some("reason", state.reason);
  return doc.end_object().take();
}

}  // namespace

bool work_waits(const State& state) {
  if (state.status != Status::active || state.gate || state.current < 0) return false;
  const StageState& stage = state.at(state.current);
  const StagePlan& plan = state.plan(state.current);
  const bool open = !plan.work.empty() && !stage.work_completed && stage.worker.empty();
  if (!open || !is_released(state, state.current)) return false;
  return std::none_of(state.fixes.begin(), state.fixes.end(),
                      [&](const OpenFix& fix) { return fix.stage == plan.name; });
}

std::string slug_of(const Created& created, const std::string& id) {
  return created.slug.empty() ? make_slug(created.name, id) : created.slug;
}

View view(const std::string& id, const State& state) {
  const Created& created = *state.created;
  return {std::string(name_of(state.status)), document(id, state),
          created.name + "\n" + state.description + "\n" + created.platform + "\n" +
              slug_of(created, id),
          index_of(state, id)};
}

}  // namespace factory::pipeline
