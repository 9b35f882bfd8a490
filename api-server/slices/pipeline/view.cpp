#include <nlohmann/json.hpp>

#include "engine/codec.hpp"
#include "slices/pipeline/pipeline.hpp"

namespace factory::pipeline {

namespace {

using nlohmann::json;

json time_or_null(const std::optional<Time>& time) {
  return time ? json(format_time(*time)) : json(nullptr);
}

json text_or_null(const std::string& text) { return text.empty() ? json(nullptr) : json(text); }

json stage_doc(const State& state, int index) {
  const StagePlan& plan = state.plan(index);
  const StageState& stage = state.at(index);
  json doc{{"name", plan.name},
           {"title", plan.title},
           {"status", name_of(stage.status)},
           {"visits", stage.visits},
           {"entered_at", time_or_null(stage.entered_at)},
           {"left_at", time_or_null(stage.left_at)}};
  if (!plan.work.empty()) {
    doc["work"] = plan.work;
    doc["work_started"] = stage.work_started;
    doc["work_completed"] = stage.work_completed;
  }
  if (plan.gate) {
    doc["gate"] = {
        {"type", plan.gate->type}, {"title", plan.gate->title}, {"approved", stage.gate_approved}};
    if (state.gate && state.gate->purpose == "stage" && state.gate->stage == plan.name) {
      doc["gate"]["approval_id"] = state.gate->gate_id;
    }
  }
  if (!plan.checks.empty()) {
    doc["checks"] = engine::encode_value(plan.checks);
    if (stage.status == StageStatus::active) {
      doc["checks_failing"] = failing_checks(state, index, stage.evidence);
    }
    if (stage.checks_waived) doc["checks_waived"] = true;
  }
  if (stage.visits > 0 && !stage.reporters.empty()) {
    doc["reporters"] = stage.reporters;
    doc["evidence"] = engine::encode(stage.evidence);
  }
  return doc;
}

/// What the pipeline waits for now, so that nobody has to read its history.
json waiting_for(const State& state) {
  json doc{{"since", time_or_null(state.since)}};
  if (state.gate) {
    doc["kind"] = state.gate->purpose == "retry" ? "retry" : "decision";
    doc["what"] = state.gate->gate.title;
    doc["approval_id"] = state.gate->gate_id;
    doc["task_id"] = state.gate->task_id;
    doc["digest"] = state.gate->digest;
    doc["since"] = format_time(state.gate->at);
    return doc;
  }
  switch (state.status) {
    case Status::active:
      if (state.current < 0) break;
      doc["kind"] = "work";
      doc["what"] = state.plan(state.current).work;
      doc["stage"] = state.plan(state.current).name;
      doc["since"] = time_or_null(state.at(state.current).entered_at);
      return doc;
    case Status::paused:
      doc["kind"] = "resume";
      doc["what"] = state.reason.empty() ? "It was paused." : "It was paused: " + state.reason;
      return doc;
    case Status::failed:
      doc["kind"] = "retry";
      doc["what"] = "It failed: " + state.reason;
      return doc;
    case Status::none:
    case Status::completed:
    case Status::archived: break;
  }
  return {{"kind", "nothing"}};
}

/// Empty between the events of the creation, where the trail looks, too.
std::string current_stage(const State& state) {
  return state.current < 0 ? "" : state.plan(state.current).name;
}

int progress_percent(const State& state) {
  if (state.status == Status::completed) return 100;
  int done = 0;
  for (const StageState& stage : state.stages) {
    if (stage.status == StageStatus::completed || stage.status == StageStatus::skipped) ++done;
  }
  return done * 100 / static_cast<int>(state.stages.size());
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
  index.push_back({"pipeline.priority", std::string(name_of(state.priority)), 0, created});
  const bool stuck = state.status == Status::paused || state.status == Status::failed;
  if (stuck && !state.gate) {
    const std::int64_t since = to_millis(*state.since);
    index.push_back({"blocker", "", rank, since});
    index.push_back({"blocker.pipeline", id, rank, since});
  }
  return index;
}

json open_fixes(const State& state) {
  json fixes = json::array();
  for (const OpenFix& fix : state.fixes) {
    fixes.push_back({{"task_id", fix.task_id}, {"stage", fix.stage}});
  }
  return fixes;
}

}  // namespace

View view(const std::string& id, const State& state) {
  const Created& created = *state.created;
  View view;
  view.status = name_of(state.status);
  json stages = json::array();
  for (int i = 0; i < static_cast<int>(state.stages.size()); ++i) {
    stages.push_back(stage_doc(state, i));
  }
  view.doc = {{"id", id},
              {"name", created.name},
              {"description", state.description},
              {"platform", created.platform},
              {"status", view.status},
              {"current_stage", current_stage(state)},
              {"priority", name_of(state.priority)},
              {"created_by", created.created_by},
              {"assignee_id", text_or_null(state.assignee)},
              {"config", json::parse(state.config.text)},
              {"template",
               {{"name", created.plan.template_name},
                {"version", created.plan.template_version},
                {"digest", created.plan.template_digest}}},
              {"parameters", json::parse(created.plan.parameters.text)},
              {"progress_percent", progress_percent(state)},
              {"stages", std::move(stages)},
              {"waiting_for", waiting_for(state)},
              {"open_fixes", open_fixes(state)},
              {"created_at", format_time(created.at)},
              {"completed_at", time_or_null(state.completed_at)}};
  if (!state.reason.empty()) view.doc["reason"] = state.reason;
  view.text = created.name + "\n" + state.description + "\n" + created.platform;
  view.index = index_of(state, id);
  return view;
}

}  // namespace factory::pipeline
