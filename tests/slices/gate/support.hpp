#pragma once

#include <string>
#include <vector>

#include "slices/gate/gate.hpp"
#include "tests/support/spec.hpp"

/// What the stories about gates begin with.
namespace factory::test {

using GateSpec = Spec<gate::Definition>;

/// alice requested, goose and bob reported; erin holds the group security.
inline std::vector<Principal> gate_cast() {
  return {person("alice", Role::owner),
          person("bob"),
          person("carol", Role::admin),
          person("dave"),
          person("erin", Role::operator_, {"security"}),
          person("vera", Role::viewer),
          agent("goose")};
}

/// So many persons, whoever they are, without requester and reporters.
inline GatePolicy persons(int count) {
  GatePolicy policy;
  policy.rules = {ApproverRule{count, {}, {}}};
  policy.exclude_requester = policy.exclude_reporter = Exclusion::always;
  return policy;
}

/// After 60 minutes, with a warning 15 minutes before.
inline GatePolicy with_deadline(GatePolicy policy, DeadlineOutcome outcome, int extensions = 0) {
  policy.deadline = Deadline{60, 15, outcome, 30, extensions};
  return policy;
}

inline gate::Open gate_open(GatePolicy policy) {
  gate::Opened opened;
  opened.kind = "stage_gate";
  opened.title = "Review";
  opened.subject = {"pipe_1", "mail-server", "review", "digest-1"};
  opened.policy = std::move(policy);
  opened.priority = Priority::high;
  opened.task_id = "task_1";
  opened.requester = "alice";
  opened.reporters = {"goose", "bob"};
  return {std::move(opened)};
}

inline GateSpec open_gate(GatePolicy policy) {
  GateSpec spec(gate_cast());
  spec.when(gate_open(std::move(policy)));
  return spec;
}

inline gate::Vote approve(std::string digest = "digest-1") {
  gate::Vote vote;
  vote.digest = std::move(digest);
  return vote;
}

inline gate::Vote reject(std::string reason = "Coverage is below 80 %") {
  gate::Vote vote;
  vote.verdict = gate::Verdict::reject;
  vote.notes = std::move(reason);
  vote.requested_changes = {"Test the empty input"};
  vote.severity = gate::Severity::critical;
  vote.digest = "digest-1";
  return vote;
}

}  // namespace factory::test
