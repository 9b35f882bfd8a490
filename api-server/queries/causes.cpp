#include "queries/causes.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/text.hpp"
#include "queries/words.hpp"

namespace factory::queries {
namespace {

using nlohmann::json;
using Names = std::vector<std::string>;

constexpr std::size_t most_names = 20;
constexpr Millis unclaimed_after{4 * 3'600'000};

std::string text(const json& doc, const char* name) {
  const auto found = doc.find(name);
  return found != doc.end() && found->is_string() ? found->get<std::string>() : "";
}

Names names(const json& doc, const char* name) {
  const auto found = doc.find(name);
  if (found == doc.end() || !found->is_array()) return {};
  return found->get<Names>();
}

Names bounded(Names all) {
  if (all.size() > most_names) all.resize(most_names);
  return all;
}

template <class Filter>
Names people_who(const Directory& people, const Filter& filter) {
  Names found;
  for (const Person& person : people.people) {
    if (found.size() < most_names && filter(person)) found.push_back(person.id);
  }
  return found;
}

bool administers(const Person& person) {
  return std::ranges::any_of(person.roles,
                             [](Role role) { return role == Role::owner || role == Role::admin; });
}

bool works(const Person& person) { return person.agent || person.may_decide(); }

/// "the stage testing", "it" where none is known.
std::string stage_words(const json& doc) {
  const std::string stage = text(doc, "stage");
  return stage.empty() ? "it" : "the stage " + stage;
}

bool nobody_eligible(const json& approval) {
  const auto eligible = static_cast<int>(names(approval, "eligible").size());
  const int missing =
      approval.value("required_approvers", 1) - approval.value("current_approvers", 0);
  return !approval.value("satisfiable", eligible >= missing);
}

void explain_approval(const json& task, const json& approval, const Directory& people,
                      Waiting& waiting) {
  const int required = approval.value("required_approvers", 1);
  const int current = approval.value("current_approvers", 0);
  const Names eligible = names(approval, "eligible");
  const std::string missing = join(names(approval, "missing"));
  if (text(approval, "type") == "retry") {
    waiting.causes.push_back(
        {"stage_failed", "Work on " + stage_words(task) + " failed; to try again needs approval."});
  }
  const bool nobody = nobody_eligible(approval);
  if (nobody) {
    waiting.causes.push_back(
        {"nobody_eligible", "Not enough people exist who may give what is missing: " + missing +
                                (eligible.empty() ? "." : " (only " + either(eligible) + ").")});
  }
  waiting.causes.push_back({"approvals_missing", std::to_string(current) + " of " +
                                                     count_words(required, "approval") +
                                                     " given; missing: " + missing + "."});
  waiting.waiting_for = missing.empty() ? "a decision" : missing;
  if (nobody) {
    waiting.who = people_who(people, administers);
    waiting.how =
        "An owner creates a key with the missing role or group (`factory-api key create`), "
        "or an admin archives the pipeline and starts it with a policy that can be met.";
    return;
  }
  waiting.who = bounded(eligible);
  waiting.how = "One of them looks at what is decided and approves or rejects it with its digest.";
}

void explain_fix(const json& task, const Directory& people, Waiting& waiting) {
  const std::string feedback = text(task, "description");
  waiting.causes.push_back(
      {"fix_required", "Something must be mended in " + stage_words(task) +
                           (feedback.empty() ? "." : ": " + excerpt(feedback, 300))});
  waiting.waiting_for = "the mended work of " + stage_words(task);
  const std::string holder = text(task, "assignee_id");
  waiting.who = holder.empty() ? people_who(people, works) : Names{holder};
  waiting.how =
      "They mend it and report the work of " + stage_words(task) + " again; that closes the task.";
}

void explain_other(const json& task, const Directory& people, Waiting& waiting) {
  const bool action = text(task, "type") == "manual_action";
  waiting.causes.push_back(
      action ? Cause{"awaiting_action", "Somebody has to do: " + text(task, "title") + "."}
             : Cause{"awaiting_decision", "Somebody has to decide: " + text(task, "title") + "."});
  waiting.waiting_for = action ? "somebody to do it" : "a decision";
  const std::string holder = text(task, "assignee_id");
  if (holder.empty()) {
    waiting.who =
        action ? people_who(people, works)
               : people_who(people, [](const Person& person) { return person.may_decide(); });
  } else {
    waiting.who = {holder};
  }
  waiting.how = action ? "They do it and complete the task as done."
                       : "They complete the task as approved or rejected.";
}

/// What makes the wait worse without being its cause.
void add_delays(const json& task, Time now, Waiting& waiting) {
  if (task.value("sla_breached", false)) {
    const auto deadline = parse_time(text(task, "sla_deadline"));
    waiting.causes.push_back(
        {"sla_breached",
         deadline ? "Its SLA deadline passed " + duration_words(now - *deadline) + " ago."
                  : "Its SLA deadline has passed."});
  }
  if (const int level = task.value("escalation_level", 0); level > 0) {
    const std::string to = text(task, "escalated_to");
    waiting.causes.push_back({"escalated", "It was escalated to " +
                                               (to.empty() ? "the admins and owners" : to) +
                                               " (level " + std::to_string(level) + ")."});
  }
  if (const std::string until = text(task, "deferred_until"); !until.empty()) {
    waiting.causes.push_back({"deferred", text(task, "deferred_by") + " put it off until " + until +
                                              ": " + excerpt(text(task, "decision_notes"), 300)});
  }
  if (const auto taken = task.find("taken_from"); taken != task.end()) {
    waiting.causes.push_back({"agent_offline", text(*taken, "id") +
                                                   ", an agent that had it, went away at " +
                                                   text(*taken, "at") + "; it waits again."});
  }
  const auto since = parse_time(text(task, "waiting_since"));
  const bool claimed = !text(task, "claimed_by").empty();
  if (!claimed && since && now - *since >= unclaimed_after) {
    waiting.causes.push_back(
        {"unclaimed_4h", "Nobody has claimed it for " + duration_words(now - *since) + "."});
  }
  if (text(task, "assignee_id").empty()) {
    waiting.causes.push_back({"unassigned", "It is assigned to nobody."});
  }
}

}  // namespace

Waiting why_task_waits(const json& task, const json& approval, Time now, const Directory& people) {
  Waiting waiting;
  if (const std::string since = text(task, "sla_paused_since"); !since.empty()) {
    waiting.causes.push_back(
        {"paused", "Its pipeline is paused; what is decided now takes effect when it is resumed."});
  }
  const std::string type = text(task, "type");
  if (type == "approval" && approval.is_object()) {
    explain_approval(task, approval, people, waiting);
  } else if (type == "fix_required") {
    explain_fix(task, people, waiting);
  } else {
    explain_other(task, people, waiting);
  }
  add_delays(task, now, waiting);
  return waiting;
}

Waiting why_pipeline_waits(const json& pipeline, const Directory& people) {
  Waiting waiting;
  const std::string reason = text(pipeline, "reason");
  const std::string because = reason.empty() ? "." : ": " + excerpt(reason, 300);
  const std::string stage = text(pipeline, "current_stage");
  waiting.who = people_who(people, [](const Person& person) { return person.may_decide(); });
  if (text(pipeline, "status") == "paused") {
    waiting.causes.push_back({"paused", "Somebody paused the pipeline" + because});
    waiting.waiting_for = "somebody to resume it";
    waiting.how = "One of them resumes the pipeline.";
    return waiting;
  }
  waiting.causes.push_back({"stage_failed", "The stage " + stage + " failed" + because});
  waiting.waiting_for = "a retry or an end";
  waiting.how = "One of them asks for a retry, which takes an approval, or archives the pipeline.";
  return waiting;
}

}  // namespace factory::queries
