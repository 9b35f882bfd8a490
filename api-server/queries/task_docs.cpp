#include "queries/task_docs.hpp"

#include <nlohmann/json.hpp>
#include <sstream>

#include "common/text.hpp"
#include "queries/approval_standing.hpp"
#include "queries/words.hpp"

namespace factory::queries {
namespace {

using nlohmann::json;

constexpr std::size_t most_config_bytes = 1000;
constexpr std::size_t most_names = 10;

std::string text(const json& doc, const char* name) {
  const auto found = doc.find(name);
  return found != doc.end() && found->is_string() ? found->get<std::string>() : "";
}

json part_of(const json& doc, std::initializer_list<const char*> names) {
  json part = json::object();
  for (const char* name : names) {
    if (const auto found = doc.find(name); found != doc.end()) part[name] = *found;
  }
  return part;
}

std::string tests_words(const json& tests) {
  std::string words = std::to_string(tests.value("passed", 0)) + " passed, " +
                      std::to_string(tests.value("failed", 0)) + " failed, " +
                      std::to_string(tests.value("skipped", 0)) + " skipped";
  if (const auto coverage = tests.find("coverage"); coverage != tests.end()) {
    std::ostringstream percent;
    percent << coverage->get<double>();
    words += ", coverage " + percent.str() + " %";
  }
  return words;
}

std::string deploy_words(const json& deploy) {
  const std::string url = text(deploy, "url");
  return std::string(deploy.value("succeeded", false) ? "deployed " : "failed to deploy ") +
         text(deploy, "version") + " to " + text(deploy, "target") +
         (url.empty() ? "" : " (" + url + ")");
}

std::string assets_words(const json& assets) {
  std::vector<std::string> names;
  for (const json& asset : assets) names.push_back(text(asset, "name"));
  return "assets " + join(names, ", ", most_names);
}

/// What a decision at a gate came to.
std::string outcome_words(const json& task, const json& approval, const json& pipeline) {
  const std::string title = text(task, "title");
  const std::string status =
      approval.is_object() ? text(approval, "status") : text(task, "decision");
  if (status == "pending") {
    const auto missing = approval.value("missing", std::vector<std::string>{});
    const auto eligible = approval.value("eligible", std::vector<std::string>{});
    return "Recorded. \"" + title + "\" still waits for " + join(missing) + " (" +
           either(eligible) + ").";
  }
  std::string words = "\"" + title + "\" is " + (status.empty() ? text(task, "status") : status);
  if (pipeline.is_object()) {
    words += "; the pipeline " + text(pipeline, "name") + " is " + text(pipeline, "status") +
             " in stage " + text(pipeline, "current_stage");
    const auto waiting = pipeline.find("waiting_for");
    const std::string what = waiting == pipeline.end() ? "" : text(*waiting, "what");
    if (!what.empty()) words += " and waits for: " + what;
  }
  return words + (words.ends_with('.') ? "" : ".");
}

/// The document of a stream that the command wrote or looked at; null if it did not.
json written_doc(const engine::Written& written, const std::string& stream) {
  const auto row = written.views.find(stream);
  return row == written.views.end() ? json(nullptr) : json::parse(row->second->doc);
}

}  // namespace

json approval_of(storage::Store& store, const json& task, const Directory& people) {
  const std::string gate = text(task, "approval_id");
  if (gate.empty()) return nullptr;
  const auto row = store.get_view(gate);
  if (!row) return nullptr;
  json approval = json::parse(row->doc);
  add_standing(approval, people);
  return approval;
}

void show_approval(json& task, const json& approval) {
  if (!approval.is_object()) return;
  task["approval"] = part_of(approval, {"id", "type", "status", "digest", "required_approvers",
                                        "current_approvers", "missing", "eligible", "deadline"});
}

std::vector<std::string> evidence_words(const json& pipeline) {
  std::vector<std::string> all;
  for (const json& stage : pipeline.value("stages", json::array())) {
    const auto evidence = stage.find("evidence");
    if (evidence == stage.end()) continue;
    const std::string before = text(stage, "name") + ": ";
    if (evidence->contains("tests")) all.push_back(before + tests_words(evidence->at("tests")));
    if (const json assets = evidence->value("assets", json::array()); !assets.empty()) {
      all.push_back(before + assets_words(assets));
    }
    if (evidence->contains("deploy")) all.push_back(before + deploy_words(evidence->at("deploy")));
    if (const std::string notes = text(*evidence, "notes"); !notes.empty()) {
      all.push_back(before + excerpt(notes, 300));
    }
  }
  return all;
}

void complete_doc(storage::Store& store, json& task, const Directory& people) {
  const json approval = approval_of(store, task, people);
  if (!approval.is_object()) return;
  show_approval(task, approval);
  if (text(approval, "status") != "pending") return;
  const auto row = store.get_view(text(task, "pipeline_id"));
  if (!row) return;
  const json pipeline = json::parse(row->doc);
  json& context = task["context"];
  context["evidence"] = evidence_words(pipeline);
  const json config = pipeline.value("config", json::object());
  if (!config.empty() && config.dump().size() <= most_config_bytes) context["config"] = config;
}

void show_last_told(json& task) {
  if (const auto told = task.find("notified"); told != task.end()) {
    json last = told->back();
    *told = json::array({std::move(last)});
  }
}

void make_compact(json& task) {
  for (const char* name : {"created_at", "updated_at", "version", "sla_warning_at"}) {
    task.erase(name);
  }
  if (!task.value("sla_breached", true)) task.erase("sla_breached");
  if (task.value("escalation_level", 1) == 0) task.erase("escalation_level");
  if (task.value("blocks_stage_advance", false)) task.erase("blocks_stage_advance");
}

json decided_task(const json& before, const engine::Written& written, const Directory& people) {
  json task = written_doc(written, text(before, "id"));
  if (task.is_null()) task = before;
  json approval = written_doc(written, text(task, "approval_id"));
  if (approval.is_object()) {
    add_standing(approval, people);
    show_approval(task, approval);
  }
  const json pipeline = written_doc(written, text(task, "pipeline_id"));
  if (pipeline.is_object()) {
    task["pipeline"] =
        part_of(pipeline, {"id", "name", "status", "current_stage", "progress_percent"});
  }
  task["summary"] = outcome_words(task, approval, pipeline);
  return task;
}

}  // namespace factory::queries
