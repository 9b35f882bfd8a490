#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "domain/policy.hpp"
#include "domain/principal.hpp"

namespace factory {

using People = std::vector<const Person*>;

/// Whether the person holds one of the rule's roles or groups, or the rule asks for none.
bool fits(const ApproverRule& rule, const Person& person);

/// "2 persons of group security", "1 person with role admin or owner", "1 person who may decide".
std::string words_for(const ApproverRule& rule, int count);

/// Persons at places, where a rule with `count` is that many places and a person takes at most one:
/// always as many as possible. The rules and the persons must outlive it.
class Matching {
 public:
  explicit Matching(const std::vector<ApproverRule>& rules);

  /// Fills those rules first for which the fewest of these are there, so that what stays missing is
  /// what is easiest to find. Before the first fill().
  void scarcest_first(const People& available);

  void add(const Person& person);

  /// Places everybody who can be placed; returns the number of places that are filled.
  int fill();

  // As of the last fill():
  [[nodiscard]] int missing(std::size_t rule) const;
  [[nodiscard]] bool full() const;
  [[nodiscard]] std::vector<std::string> missing_words() const;
  /// The rules of which one more person would have to fit one to fill one more place: those with a
  /// place left, and those whose persons could move on to such a place.
  [[nodiscard]] std::vector<bool> wanting() const;

 private:
  bool place_one(std::size_t rule, std::vector<bool>& asked);

  const std::vector<ApproverRule>& rules_;
  std::vector<int> filled_;              ///< by rule
  std::vector<std::size_t> order_;       ///< of rules
  std::vector<std::vector<bool>> fits_;  ///< by person and rule
  std::vector<std::size_t> at_;          ///< by person: the rule
};

}  // namespace factory
