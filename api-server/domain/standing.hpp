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

/// Another who may decide in `from`'s place; both stand in the trail.
struct Delegation {
  std::string from;
  std::string to;
};

/// What of a policy is met and what is still missing.
struct Standing {
  bool met = false;
  int needed = 0;
  int filled = 0;
  std::vector<std::string> missing;   ///< in words: "1 person of group security"
  std::vector<std::string> eligible;  ///< persons who could fill a missing place now
  bool satisfiable = true;            ///< whether the eligible suffice for what is missing
};

/// How the policy stands with these persons having approved: a person fills one place of one
/// rule, matched so that as many places as possible are filled. Pure.
Standing standing(const GatePolicy& policy, const Involved& involved,
                  const std::vector<std::string>& approvers, const Directory& people);

/// ok, or `forbidden` with the reason: whether this person may decide under the policy (is a
/// person whose role carries tasks:approve, holds a role or group of some rule, is not excluded).
Status may_decide(const GatePolicy& policy, const Involved& involved, const std::string& person,
                  const Directory& people);

/// ok, or `unsatisfiable` that names what (`"gate review"`) and who is missing: whether the people
/// that exist could ever meet the policy.
Status check_satisfiable(const GatePolicy& policy, const Involved& involved,
                         const Directory& people, const std::string& what);

}  // namespace factory
