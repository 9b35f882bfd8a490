#include <algorithm>
#include <set>
#include <utility>

#include "common/json_writer.hpp"
#include "engine/codec.hpp"
#include "slices/gate/gate.hpp"

namespace factory::gate {
namespace {

void put_vote(JsonWriter& doc, const Voted& vote) {
  doc.begin_object().put("person", vote.person);
  doc.put("decision", vote.verdict == Verdict::approve ? "approved" : "rejected");
  doc.put("channel", vote.channel).put("digest", vote.digest);
  doc.put("digest_given", vote.digest_given).put("at", vote.at);
  doc.put_some("on_behalf_of", vote.on_behalf_of).put_some("notes", vote.notes);
  doc.put_some("comment_id", vote.comment_id);
  doc.end_object();
}

void put_conditions(JsonWriter& doc, const State& state) {
  doc.key("conditions").begin_array();
  for (const Voted& vote : state.votes) {
    for (const std::string& condition : vote.conditions) {
      const ConditionMet* met = state.met_of(vote.person, condition);
      doc.begin_object().put("condition", condition).put("by", vote.person);
      doc.put("met", met != nullptr);
      if (met != nullptr) {
        doc.put("met_by", met->by).put("met_at", met->at).put_some("met_notes", met->notes);
      }
      doc.end_object();
    }
  }
  doc.end_array();
}

void put_delegations(JsonWriter& doc, const State& state) {
  doc.key("delegations").begin_array();
  for (const Delegated& event : state.delegations) {
    doc.begin_object().put("from", event.from).put("to", event.to).put("at", event.at);
    doc.put_some("reason", event.reason).end_object();
  }
  doc.end_array();
}

void put_escalations(JsonWriter& doc, const State& state) {
  doc.key("escalations").begin_array();
  for (const Escalated& event : state.escalations) {
    doc.begin_object().put("by", event.by).put("at", event.at);
    doc.put_some("to", event.to).put_some("reason", event.reason).end_object();
  }
  doc.end_array();
}

void put_versions(JsonWriter& doc, const State& state) {
  doc.key("versions").begin_array();
  for (const SubjectVersion& version : state.versions) {
    doc.begin_object().put("digest", version.digest).put_some("change", version.change);
    doc.end_object();
  }
  doc.end_array();
}

void put_clock(JsonWriter& doc, const State& state) {
  if (!state.deadline) return;
  doc.put("paused", state.paused_at.has_value()).put("deadline_passed", state.deadline_passed);
  // While its clock stands still nobody knows when it will be.
  if (!state.paused_at) doc.put("deadline", state.deadline);
}

void put_rejection(JsonWriter& doc, const State& state) {
  doc.put("reason", state.reason);
  const auto rejecting =
      std::find_if(state.votes.begin(), state.votes.end(),
                   [](const Voted& vote) { return vote.verdict == Verdict::reject; });
  if (rejecting == state.votes.end()) {
    doc.put("requested_changes", std::vector<std::string>());
    return;
  }
  doc.put("requested_changes", rejecting->requested_changes);
  doc.put("severity", name_of(rejecting->severity));
}

void put_outcome(JsonWriter& doc, const State& state) {
  switch (state.status) {
    case Status::none:
    case Status::pending: return;
    case Status::approved: doc.put("consumed", state.consumed); break;
    case Status::rejected: put_rejection(doc, state); break;
    case Status::cancelled: doc.put_some("reason", state.reason); return;
  }
  doc.put("decided_by", state.decided_by).put("decided_at", state.decided_at);
}

void put_subject(JsonWriter& doc, const Subject& subject) {
  if (!subject.matter) {
    doc.put("pipeline_id", subject.pipeline_id);
    doc.put("pipeline_name", subject.pipeline_name).put("stage", subject.stage);
    return;
  }
  doc.key("subject").begin_object().put("type", name_of(subject.matter->kind));
  doc.put("id", subject.matter->id).put("name", subject.matter->name).end_object();
}

int places(const GatePolicy& policy) {
  if (policy.rules.empty()) return 1;
  int sum = 0;
  for (const ApproverRule& rule : policy.rules) sum += rule.count;
  return sum;
}

std::string document(const std::string& id, const State& state) {
  const Opened& opened = state.opened;
  const int required = places(opened.policy);
  const auto approvers = state.approvers();
  const std::set<std::string> distinct(approvers.begin(), approvers.end());
  JsonWriter doc;
  doc.begin_object().put("id", id).put("type", opened.kind).put("title", opened.title);
  doc.put("status", name_of(state.status)).put("task_id", opened.task_id);
  put_subject(doc, opened.subject);
  doc.put("priority", name_of(opened.priority)).put("digest", opened.subject.digest);
  put_versions(doc, state);
  engine::write_value(doc.key("policy"), opened.policy);
  doc.put("requester", opened.requester).put("reporters", opened.reporters);
  doc.put("required_approvers", required);
  doc.put("current_approvers", std::min(static_cast<int>(distinct.size()), required));
  doc.key("votes").begin_array();
  for (const Voted& vote : state.votes) put_vote(doc, vote);
  doc.end_array();
  put_conditions(doc, state);
  put_delegations(doc, state);
  put_escalations(doc, state);
  doc.put("created_at", opened.at);
  put_clock(doc, state);
  put_outcome(doc, state);
  return doc.end_object().take();
}

/// Whether a condition of an approval that counts is not met.
bool has_open_condition(const State& state) {
  return std::any_of(state.votes.begin(), state.votes.end(), [&](const Voted& vote) {
    return std::any_of(vote.conditions.begin(), vote.conditions.end(),
                       [&](const std::string& condition) {
                         return state.met_of(vote.person, condition) == nullptr;
                       });
  });
}

/// What was said with the decisions; nothing where nobody said anything: its task is found, too.
std::string said(const State& state) {
  std::string words = state.reason.empty() ? "" : "\n" + state.reason;
  for (const Voted& vote : state.votes) {
    if (!vote.notes.empty() && vote.notes != state.reason) words += "\n" + vote.notes;
    for (const std::string& condition : vote.conditions) words += "\n" + condition;
    for (const std::string& change : vote.requested_changes) words += "\n" + change;
  }
  if (words.empty()) return words;
  const Subject& subject = state.opened.subject;
  return state.opened.title + "\n" + subject.pipeline_name + " " + subject.stage + words;
}

}  // namespace

View view(const std::string& id, const State& state) {
  const Opened& opened = state.opened;
  View result{std::string(name_of(state.status)), document(id, state), said(state), {}};
  const std::int64_t since = to_millis(opened.at);
  if (state.status == Status::pending) {
    result.index.push_back({"gate.open", "", static_cast<std::int64_t>(opened.priority), since});
  }
  if (has_open_condition(state)) result.index.push_back({"gate.conditions", "open", 0, since});
  if (opened.subject.matter) {
    result.index.push_back({"gate.subject", opened.subject.matter->id, 0, since});
  } else {
    result.index.push_back({"gate.pipeline", opened.subject.pipeline_id, 0, since});
  }
  return result;
}

}  // namespace factory::gate
