#include "domain/matching.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include "common/text.hpp"

namespace factory {
namespace {

constexpr std::size_t nowhere = std::numeric_limits<std::size_t>::max();

bool among(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// "alternative, other or last"
std::string either(const std::vector<std::string>& words) {
  if (words.size() < 2) return join(words);
  const std::vector<std::string> first(words.begin(), words.end() - 1);
  return join(first) + " or " + words.back();
}

}  // namespace

bool fits(const ApproverRule& rule, const Person& person) {
  if (rule.roles.empty() && rule.groups.empty()) return true;
  return std::any_of(person.roles.begin(), person.roles.end(),
                     [&](Role role) { return among(rule.roles, name_of(role)); }) ||
         std::any_of(person.groups.begin(), person.groups.end(),
                     [&](const std::string& group) { return among(rule.groups, group); });
}

std::string words_for(const ApproverRule& rule, int count) {
  std::string text = std::to_string(count) + (count == 1 ? " person" : " persons");
  if (rule.roles.empty() && rule.groups.empty()) return text + " who may decide";
  if (!rule.groups.empty()) text += " of group " + either(rule.groups);
  if (!rule.groups.empty() && !rule.roles.empty()) text += " or";
  if (!rule.roles.empty()) text += " with role " + either(rule.roles);
  return text;
}

Matching::Matching(const std::vector<ApproverRule>& rules)
    : rules_(rules), filled_(rules.size(), 0), order_(rules.size()) {
  std::iota(order_.begin(), order_.end(), std::size_t{0});
}

void Matching::scarcest_first(const People& available) {
  std::vector<std::pair<std::ptrdiff_t, std::size_t>> spare;
  for (std::size_t rule = 0; rule < rules_.size(); ++rule) {
    const auto fitting =
        std::count_if(available.begin(), available.end(),
                      [&](const Person* person) { return fits(rules_[rule], *person); });
    spare.emplace_back(fitting - rules_[rule].count, rule);
  }
  std::sort(spare.begin(), spare.end());
  for (std::size_t i = 0; i < spare.size(); ++i) order_[i] = spare[i].second;
}

void Matching::add(const Person& person) {
  std::vector<bool> row;
  row.reserve(rules_.size());
  for (const ApproverRule& rule : rules_) row.push_back(fits(rule, person));
  fits_.push_back(std::move(row));
  at_.push_back(nowhere);
}

int Matching::fill() {
  for (const std::size_t rule : order_) {
    std::vector<bool> asked(rules_.size(), false);
    while (missing(rule) > 0 && place_one(rule, asked)) asked.assign(rules_.size(), false);
  }
  return std::accumulate(filled_.begin(), filled_.end(), 0);
}

int Matching::missing(std::size_t rule) const {
  return std::max(0, rules_[rule].count - filled_[rule]);
}

bool Matching::full() const {
  for (std::size_t rule = 0; rule < rules_.size(); ++rule) {
    if (missing(rule) > 0) return false;
  }
  return true;
}

std::vector<std::string> Matching::missing_words() const {
  std::vector<std::string> words;
  for (std::size_t rule = 0; rule < rules_.size(); ++rule) {
    if (missing(rule) > 0) words.push_back(words_for(rules_[rule], missing(rule)));
  }
  return words;
}

std::vector<bool> Matching::wanting() const {
  std::vector<bool> wants(rules_.size(), false);
  for (std::size_t rule = 0; rule < rules_.size(); ++rule) wants[rule] = missing(rule) > 0;
  for (bool grown = true; grown;) {
    grown = false;
    for (std::size_t i = 0; i < at_.size(); ++i) {
      if (at_[i] == nowhere || wants[at_[i]]) continue;
      for (std::size_t rule = 0; rule < rules_.size(); ++rule) {
        if (!wants[rule] || !fits_[i][rule]) continue;
        wants[at_[i]] = true;
        grown = true;
        break;
      }
    }
  }
  return wants;
}

bool Matching::place_one(std::size_t rule, std::vector<bool>& asked) {
  asked[rule] = true;
  for (std::size_t i = 0; i < at_.size(); ++i) {
    if (at_[i] != nowhere || !fits_[i][rule]) continue;
    at_[i] = rule;
    ++filled_[rule];
    return true;
  }
  for (std::size_t i = 0; i < at_.size(); ++i) {
    const std::size_t from = at_[i];
    if (from == nowhere || !fits_[i][rule] || asked[from] || !place_one(from, asked)) continue;
    at_[i] = rule;
    ++filled_[rule];
    --filled_[from];
    return true;
  }
  return false;
}

}  // namespace factory
