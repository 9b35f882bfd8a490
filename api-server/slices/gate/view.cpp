#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "slices/gate/gate.hpp"

namespace factory::gate {
namespace {

using nlohmann::json;

void put(json& doc, const char* name, const std::string& text) {
  if (!text.empty()) doc[name] = text;
}

void put(json& doc, const char* name, const std::optional<Time>& time) {
  if (time) doc[name] = format_time(*time);
}

/// The same members as the stored policy has, so that it can be read back from the document.
json policy_doc(const GatePolicy& policy) {
  json rules = json::array();
  for (const ApproverRule& rule : policy.rules) {
    rules.push_back({{"count", rule.count}, {"roles", rule.roles}, {"groups", rule.groups}});
  }
  json doc{{"rules", std::move(rules)},
           {"exclude_requester", name_of(policy.exclude_requester)},
           {"exclude_reporter", name_of(policy.exclude_reporter)},
           {"channels", policy.channels}};
  if (policy.deadline) {
    doc["deadline"] = {{"minutes", policy.deadline->minutes},
                       {"warn_minutes", policy.deadline->warn_minutes},
                       {"outcome", name_of(policy.deadline->outcome)},
                       {"extend_minutes", policy.deadline->extend_minutes},
                       {"max_extensions", policy.deadline->max_extensions}};
  }
  return doc;
}

json vote_doc(const Voted& vote) {
  json doc{{"person", vote.person},
           {"decision", vote.verdict == Verdict::approve ? "approved" : "rejected"},
           {"channel", vote.channel},
           {"digest", vote.digest},
           {"digest_given", vote.digest_given},
           {"at", format_time(vote.at)}};
  put(doc, "on_behalf_of", vote.on_behalf_of);
  put(doc, "notes", vote.notes);
  return doc;
}

json votes_doc(const State& state) {
  json votes = json::array();
  for (const Voted& vote : state.votes) votes.push_back(vote_doc(vote));
  return votes;
}

json conditions_doc(const State& state) {
  json conditions = json::array();
  for (const Voted& vote : state.votes) {
    for (const std::string& condition : vote.conditions) {
      conditions.push_back({{"condition", condition}, {"by", vote.person}});
    }
  }
  return conditions;
}

json delegations_doc(const State& state) {
  json all = json::array();
  for (const Delegated& event : state.delegations) {
    json doc{{"from", event.from}, {"to", event.to}, {"at", format_time(event.at)}};
    put(doc, "reason", event.reason);
    all.push_back(std::move(doc));
  }
  return all;
}

json escalations_doc(const State& state) {
  json all = json::array();
  for (const Escalated& event : state.escalations) {
    json doc{{"by", event.by}, {"at", format_time(event.at)}};
    put(doc, "to", event.to);
    put(doc, "reason", event.reason);
    all.push_back(std::move(doc));
  }
  return all;
}

json versions_doc(const State& state) {
  json all = json::array();
  for (const SubjectVersion& version : state.versions) {
    json doc{{"digest", version.digest}};
    put(doc, "change", version.change);
    all.push_back(std::move(doc));
  }
  return all;
}

void put_clock(json& doc, const State& state) {
  if (!state.deadline) return;
  doc["paused"] = state.paused_at.has_value();
  doc["deadline_passed"] = state.deadline_passed;
  // While its clock stands still nobody knows when it will be.
  if (!state.paused_at) put(doc, "deadline", state.deadline);
}

void put_outcome(json& doc, const State& state) {
  switch (state.status) {
    case Status::none:
    case Status::pending: return;
    case Status::approved: doc["consumed"] = state.consumed; break;
    case Status::rejected:
      doc["reason"] = state.reason;
      doc["requested_changes"] = json::array();
      for (const Voted& vote : state.votes) {
        if (vote.verdict != Verdict::reject) continue;
        doc["requested_changes"] = vote.requested_changes;
        doc["severity"] = name_of(vote.severity);
      }
      break;
    case Status::cancelled: put(doc, "reason", state.reason); return;
  }
  doc["decided_by"] = state.decided_by;
  doc["decided_at"] = format_time(state.decided_at);
}

int places(const GatePolicy& policy) {
  if (policy.rules.empty()) return 1;
  int sum = 0;
  for (const ApproverRule& rule : policy.rules) sum += rule.count;
  return sum;
}

}  // namespace

View view(const std::string& id, const State& state) {
  const Opened& opened = state.opened;
  const int required = places(opened.policy);
  const auto approvers = state.approvers();
  const std::set<std::string> distinct(approvers.begin(), approvers.end());
  json doc{{"id", id},
           {"type", opened.kind},
           {"title", opened.title},
           {"status", name_of(state.status)},
           {"task_id", opened.task_id},
           {"pipeline_id", opened.subject.pipeline_id},
           {"pipeline_name", opened.subject.pipeline_name},
           {"stage", opened.subject.stage},
           {"priority", name_of(opened.priority)},
           {"digest", opened.subject.digest},
           {"versions", versions_doc(state)},
           {"policy", policy_doc(opened.policy)},
           {"requester", opened.requester},
           {"reporters", opened.reporters},
           {"required_approvers", required},
           {"current_approvers", std::min(static_cast<int>(distinct.size()), required)},
           {"votes", votes_doc(state)},
           {"conditions", conditions_doc(state)},
           {"delegations", delegations_doc(state)},
           {"escalations", escalations_doc(state)},
           {"created_at", format_time(opened.at)}};
  put_clock(doc, state);
  put_outcome(doc, state);
  View result{std::string(name_of(state.status)), std::move(doc), "", {}};
  const std::int64_t since = to_millis(opened.at);
  if (state.status == Status::pending) {
    result.index.push_back({"gate.open", "", static_cast<std::int64_t>(opened.priority), since});
  }
  result.index.push_back({"gate.pipeline", opened.subject.pipeline_id, 0, since});
  return result;
}

}  // namespace factory::gate
