#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "domain/principal.hpp"
#include "engine/runner.hpp"
#include "storage/store.hpp"

/// Task documents as they are answered: an approval task shows how its gate stands, and what there
/// is to decide on.
namespace factory::queries {

/// The document of the task's gate, with what is missing and who could give it as of the people
/// that exist now; null if the task has none.
nlohmann::json approval_of(storage::Store& store, const nlohmann::json& task,
                           const Directory& people);

/// Puts what matters of the gate into the task: "approval": {id, status, type, digest,
/// required_approvers, current_approvers, missing, eligible, deadline}.
void show_approval(nlohmann::json& task, const nlohmann::json& approval);

/// What was reported in the stages of a pipeline's document, a sentence a thing:
/// "testing: 47 passed, 0 failed, 2 skipped, coverage 91 %".
std::vector<std::string> evidence_words(const nlohmann::json& pipeline);

/// A task as lists and reads show it: show_approval(), and for an open approval in "context" the
/// evidence and the config that it decides on. They are read after the digest: if they are newer,
/// a decision with that digest is refused, never taken for what was not shown.
void complete_doc(storage::Store& store, nlohmann::json& task, const Directory& people);

/// Of the steps of its ladder that were taken the last alone: for lists, whose size is bounded.
void show_last_told(nlohmann::json& task);

/// Leaves out what one does not need to choose among tasks and to decide.
void make_compact(nlohmann::json& task);

/// The task's document after a command that may have been carried out at its gate: with the
/// approval, the pipeline as it stands now ({id, name, status, current_stage, progress_percent})
/// and a `summary` of what the decision came to. `before`: the document before the command. Pure.
nlohmann::json decided_task(const nlohmann::json& before, const engine::Written& written,
                            const Directory& people);

}  // namespace factory::queries
