#pragma once

#include <string>
#include <tuple>
#include <vector>

#include "domain/policy.hpp"
#include "domain/principal.hpp"

namespace factory::task {

/// Who of the persons at a gate has voted, and who votes for whom: those who have need no reminder.
struct Voting {
  std::vector<std::string> reporters;
  std::vector<std::string> approvers;  ///< in whose places was approved
  std::vector<std::string> voters;
  std::vector<Delegation> delegations;
  static constexpr auto fields() {
    return std::tuple{field("reporters", &Voting::reporters),
                      field("approvers", &Voting::approvers), field("voters", &Voting::voters),
                      field("delegations", &Voting::delegations)};
  }
  friend bool operator==(const Voting&, const Voting&) = default;
};

/// Who may decide an approval task, as its gate has it.
struct Deciders {
  GatePolicy policy;
  std::string requester;
  Voting voting;
  static constexpr auto fields() {
    return std::tuple{field("policy", &Deciders::policy), field("requester", &Deciders::requester),
                      field("voting", &Deciders::voting)};
  }
};

}  // namespace factory::task
