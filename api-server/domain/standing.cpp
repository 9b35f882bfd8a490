#include "domain/standing.hpp"

#include <algorithm>
#include <cstddef>
#include <set>
#include <utility>

#include "common/text.hpp"
#include "domain/matching.hpp"

namespace factory {
namespace {

using Rules = std::vector<ApproverRule>;

bool among(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

const Rules& rules_of(const GatePolicy& policy) {
  static const Rules anybody{ApproverRule{}};
  return policy.rules.empty() ? anybody : policy.rules;
}

bool fits_some(const Rules& rules, const Person& person) {
  return std::any_of(rules.begin(), rules.end(),
                     [&](const ApproverRule& rule) { return fits(rule, person); });
}

Exclusion exclusion_of(const GatePolicy& policy, const Involved& involved, const std::string& id) {
  Exclusion strictest = Exclusion::never;
  if (id == involved.requester) strictest = policy.exclude_requester;
  if (among(involved.reporters, id)) strictest = std::min(strictest, policy.exclude_reporter);
  return strictest;
}
static_assert(Exclusion::always < Exclusion::when_possible &&
              Exclusion::when_possible < Exclusion::never);

/// Those who hold what some rule asks for and are not excluded, in order of id.
People admit(const GatePolicy& policy, const Involved& involved, const Directory& people) {
  const Rules& rules = rules_of(policy);
  People admitted, waiting;
  Matching matching(rules);
  for (const Person& person : people.people) {
    if (!person.may_decide() || !fits_some(rules, person)) continue;
    switch (exclusion_of(policy, involved, person.id)) {
      case Exclusion::always: break;
      case Exclusion::when_possible: waiting.push_back(&person); break;
      case Exclusion::never:
        admitted.push_back(&person);
        matching.add(person);
        break;
    }
  }
  if (waiting.empty()) return admitted;
  const auto turn = [&](const Person* person) {
    if (person->id == involved.requester) return std::ptrdiff_t{-1};
    return std::find(involved.reporters.begin(), involved.reporters.end(), person->id) -
           involved.reporters.begin();
  };
  std::stable_sort(waiting.begin(), waiting.end(),
                   [&](const Person* a, const Person* b) { return turn(a) < turn(b); });
  People needed, spare;
  int filled = matching.fill();
  for (const Person* person : waiting) {
    if (!matching.full()) matching.add(*person);
    const int now = matching.fill();
    (std::exchange(filled, now) < now ? needed : spare).push_back(person);
  }
  admitted.insert(admitted.end(), needed.begin(), needed.end());
  // Where nothing can meet the policy, to exclude somebody makes nothing possible.
  if (!matching.full()) admitted.insert(admitted.end(), spare.begin(), spare.end());
  std::sort(admitted.begin(), admitted.end(),
            [](const Person* a, const Person* b) { return a->id < b->id; });
  return admitted;
}

People counting(const GatePolicy& policy, const Involved& involved,
                const std::vector<std::string>& approvers, const Directory& people) {
  People result;
  for (const std::string& id : approvers) {
    const Person* person = people.find(id);
    if (person == nullptr || !person->may_decide()) continue;
    if (exclusion_of(policy, involved, id) == Exclusion::always) continue;
    if (std::find(result.begin(), result.end(), person) == result.end()) result.push_back(person);
  }
  return result;
}

std::vector<std::string> names_of(const People& people) {
  std::vector<std::string> names;
  for (const Person* person : people) names.push_back(person->id);
  return names;
}

std::string involvement(const Involved& involved, const std::string& person) {
  return person == involved.requester ? person + " requested this"
                                      : person + " reported the work that is decided on";
}

Error refuse(std::string detail, std::string hint = {}) {
  return Error{ErrorCode::forbidden, std::move(detail), std::move(hint), {}, {}};
}

std::string hint_for(const GatePolicy& policy, const People& admitted) {
  if (!admitted.empty()) {
    return "Ask one of those who may decide here: " + join(names_of(admitted)) + ".";
  }
  return "Nobody who exists may decide here; it takes " + words_for(rules_of(policy).front(), 1) +
         ". `factory-api key create` makes a key for another person.";
}

/// Whether this is somebody who decides anything at all.
Status check_person(const std::string& id, const Directory& people) {
  const Person* person = people.find(id);
  if (person == nullptr) {
    return refuse("Nobody named " + id + " holds an active key.",
                  "Use a name that `factory-api key list` shows.");
  }
  if (person->agent) {
    return refuse(id + " is an agent, and agents never decide.",
                  "Ask a person; the approval's `eligible` names those who can.");
  }
  if (!person->may_decide()) {
    return refuse("The role of " + id + " does not carry tasks:approve.",
                  "Use a key whose role is operator, admin or owner.");
  }
  return Done{};
}

bool is_among(const People& people, const std::string& id) {
  return std::any_of(people.begin(), people.end(),
                     [&](const Person* person) { return person->id == id; });
}

/// Whether somebody involved is kept out, also from deciding in another's place.
Status check_exclusion(const GatePolicy& policy, const Involved& involved, const std::string& id,
                       const People& admitted) {
  if (exclusion_of(policy, involved, id) == Exclusion::never || is_among(admitted, id)) {
    return Done{};
  }
  return refuse(involvement(involved, id) + " and is therefore excluded from deciding on it.",
                hint_for(policy, admitted));
}

Status check_rules(const GatePolicy& policy, const std::string& id, const People& admitted) {
  if (is_among(admitted, id)) return Done{};
  std::vector<std::string> wanted;
  for (const ApproverRule& rule : rules_of(policy)) wanted.push_back(words_for(rule, rule.count));
  return refuse(
      id + " holds no role or group that this decision takes: " + join(wanted, ", ") + ".",
      hint_for(policy, admitted));
}

}  // namespace

Standing standing(const GatePolicy& policy, const Involved& involved,
                  const std::vector<std::string>& approvers, const Directory& people) {
  const Rules& rules = rules_of(policy);
  const People admitted = admit(policy, involved, people);
  const People approved = counting(policy, involved, approvers, people);
  Matching matching(rules);
  matching.scarcest_first(admitted);
  for (const Person* person : approved) matching.add(*person);
  Standing result;
  result.filled = matching.fill();
  result.met = matching.full();
  result.missing = matching.missing_words();
  result.needed = result.filled;
  for (std::size_t rule = 0; rule < rules.size(); ++rule) result.needed += matching.missing(rule);
  if (result.met) return result;
  const std::vector<bool> wanting = matching.wanting();
  for (const Person* person : admitted) {
    if (among(approvers, person->id)) continue;
    matching.add(*person);
    for (std::size_t rule = 0; rule < rules.size(); ++rule) {
      if (!wanting[rule] || !fits(rules[rule], *person)) continue;
      result.eligible.push_back(person->id);
      break;
    }
  }
  matching.fill();
  result.satisfiable = matching.full();
  return result;
}

Status may_decide(const GatePolicy& policy, const Involved& involved, const std::string& person,
                  const Directory& people) {
  if (Status status = check_person(person, people); !status) return status;
  const People admitted = admit(policy, involved, people);
  if (Status status = check_exclusion(policy, involved, person, admitted); !status) return status;
  return check_rules(policy, person, admitted);
}

Result<std::string> decides_for(const GatePolicy& policy, const Involved& involved,
                                const std::string& person,
                                const std::vector<Delegation>& delegations,
                                const std::vector<std::string>& approvers,
                                const Directory& people) {
  if (Status status = check_person(person, people); !status) return std::move(status.error());
  const People admitted = admit(policy, involved, people);
  if (Status status = check_exclusion(policy, involved, person, admitted); !status) {
    return std::move(status.error());
  }
  std::vector<std::string> places;
  if (is_among(admitted, person)) places.push_back(person);
  for (const auto* const list : {&delegations, &people.delegations}) {
    for (const Delegation& delegation : *list) {
      if (delegation.to == person && is_among(admitted, delegation.from)) {
        places.push_back(delegation.from);
      }
    }
  }
  if (places.empty()) return std::move(check_rules(policy, person, admitted).error());
  const Standing now = standing(policy, involved, approvers, people);
  const auto best = std::find_if(places.begin(), places.end(), [&](const std::string& place) {
    return among(now.eligible, place);
  });
  return best == places.end() ? places.front() : *best;
}

std::vector<std::string> deciders(const GatePolicy& policy, const Involved& involved,
                                  const std::vector<Delegation>& delegations,
                                  const std::vector<std::string>& approvers,
                                  const std::vector<std::string>& voters, const Directory& people) {
  const Standing now = standing(policy, involved, approvers, people);
  std::set<std::string> names(now.eligible.begin(), now.eligible.end());
  for (const auto* const list : {&delegations, &people.delegations}) {
    for (const Delegation& delegation : *list) {
      const auto place =
          decides_for(policy, involved, delegation.to, delegations, approvers, people);
      if (place && among(now.eligible, *place)) names.insert(delegation.to);
    }
  }
  for (const std::string& voter : voters) names.erase(voter);
  return {names.begin(), names.end()};
}

Status check_satisfiable(const GatePolicy& policy, const Involved& involved,
                         const Directory& people, const std::string& what) {
  const Rules& rules = rules_of(policy);
  const People admitted = admit(policy, involved, people);
  Matching matching(rules);
  for (const Person* person : admitted) matching.add(*person);
  matching.scarcest_first(admitted);
  matching.fill();
  if (matching.full()) return Done{};
  const std::string missing = join(matching.missing_words(), " and ");
  std::string detail = "Nobody could ever decide " + what + ": it lacks " + missing + ".";
  std::vector<std::string> out;
  for (const Person& person : people.people) {
    if (exclusion_of(policy, involved, person.id) != Exclusion::always) continue;
    if (person.may_decide() && fits_some(rules, person)) out.push_back(person.id);
  }
  if (!out.empty()) {
    detail += " " + join(out) + " would do, but requested it or reported its work and is excluded.";
  }
  return Error{ErrorCode::unsatisfiable,
               std::move(detail),
               "Give those who are missing a key (`factory-api key create --name NAME --role "
               "operator --group GROUP`), or choose parameters that the people who exist can meet.",
               {},
               {{"missing", missing}}};
}

}  // namespace factory
