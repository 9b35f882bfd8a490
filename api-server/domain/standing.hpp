#pragma once

#include <string>
#include <vector>

#include "common/result.hpp"
#include "domain/policy.hpp"
#include "domain/principal.hpp"

namespace factory {

/// Who is involved in what a gate decides on.
struct Involved {
  std::string requester;
  std::vector<std::string> reporters;
};

/// What of a policy is met and what is still missing.
struct Standing {
  bool met = false;
  int needed = 0;
  int filled = 0;
  std::vector<std::string> missing;   ///< in words: "1 person of group security"
  std::vector<std::string> eligible;  ///< persons who could fill a missing place now, by id
  bool satisfiable = true;  ///< whether those who approved and the eligible suffice together
};

// Who may decide. Agents and those whose role does not carry tasks:approve never do. Of the persons
// involved, `always` excludes; `when_possible` excludes all but those without whom the people that
// exist could not meet the policy (the requester is let in before a reporter, an earlier reporter
// before a later one; all are, where the policy cannot be met at all). Several exclusions of one
// person: the strictest counts. A policy without rules asks for one person who may decide.

/// How the policy stands with these persons having approved: a person fills one place of one
/// rule, matched so that as many places as possible are filled, the scarcest first. An approver
/// counts as long as he may decide at all and is not excluded `always`: whether `when_possible`
/// excludes him was settled when he approved. Unknown and repeated names count for nothing. Pure.
Standing standing(const GatePolicy& policy, const Involved& involved,
                  const std::vector<std::string>& approvers, const Directory& people);

/// Whoever could vote now and has not: those who could fill a missing place, and the delegates of
/// one. `voters`: who has voted, either way.
std::vector<std::string> deciders(const GatePolicy& policy, const Involved& involved,
                                  const std::vector<Delegation>& delegations,
                                  const std::vector<std::string>& approvers,
                                  const std::vector<std::string>& voters, const Directory& people);

/// ok, or `forbidden` with the reason: whether this person may decide under the policy (is a
/// person whose role carries tasks:approve, holds a role or group of some rule, is not excluded).
Status may_decide(const GatePolicy& policy, const Involved& involved, const std::string& person,
                  const Directory& people);

/// In whose place this person decides: his own, or that of one who delegated to him, here or
/// (`people.delegations`) for as long as he is away. A delegate
/// needs no role or group of a rule, but must be a person who may decide and not be excluded
/// himself, and the one in whose place he decides must be allowed to decide, too. His own place
/// comes first, but for one that fills what is missing while his own does not. The approvers are
/// those in whose places was approved. Else `forbidden` with the reason.
Result<std::string> decides_for(const GatePolicy& policy, const Involved& involved,
                                const std::string& person,
                                const std::vector<Delegation>& delegations,
                                const std::vector<std::string>& approvers, const Directory& people);

/// ok, or `unsatisfiable` that names what (`"gate review"`) and who is missing (data `missing`):
/// whether the people that exist could ever meet the policy.
Status check_satisfiable(const GatePolicy& policy, const Involved& involved,
                         const Directory& people, const std::string& what);

}  // namespace factory
