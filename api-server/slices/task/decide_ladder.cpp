#include <algorithm>
#include <set>
#include <utility>

#include "slices/task/task.hpp"

namespace factory::task {
namespace {

/// Minutes of running clock after which a step is taken; nullopt: never, under this priority.
std::optional<int> minutes_of(const State& state, const LadderStep& step) {
  const int deadline = state.sla().breach_minutes;
  const int warning = state.sla().warn_minutes;
  switch (step.from) {
    case LadderFrom::created:
      if (deadline > 0 && step.minutes >= deadline) return std::nullopt;
      return step.minutes;
    case LadderFrom::deadline:
      if (deadline <= 0 || deadline + step.minutes <= 0) return std::nullopt;
      return deadline + step.minutes;
    case LadderFrom::warning:
      if (warning <= 0 || warning + step.minutes <= 0) return std::nullopt;
      return warning + step.minutes;
  }
  return std::nullopt;
}

bool was_taken(const State& state, std::size_t step) {
  return step < state.taken.size() && state.taken[step];
}

const Person* person_of(const Directory& people, const std::string& name) {
  const Person* const found = name.empty() ? nullptr : people.find(name);
  return found == nullptr || found->agent ? nullptr : found;
}

/// Who holds it, else those who can decide it. An agent that works on it reads no messages: the
/// persons behind it are told.
void add_deciders(const State& state, const std::optional<std::vector<std::string>>& able,
                  const Directory& people, std::set<std::string>& names) {
  if (const Person* const holder = person_of(people, state.holder())) {
    names.insert(holder->id);
    return;
  }
  if (able) {
    names.insert(able->begin(), able->end());
    return;
  }
  for (const Person& person : people.people) {
    if (person.may_decide()) names.insert(person.id);
  }
}

bool holds(const Person& person, std::string_view role) {
  return std::any_of(person.roles.begin(), person.roles.end(),
                     [&](Role each) { return name_of(each) == role; });
}

}  // namespace

const Ladder& plain_ladder() {
  static const Ladder ladder = [] {
    Ladder made;
    made.steps.resize(3);
    made.steps[0].name = "created";
    made.steps[1].name = "warning";
    made.steps[1].from = LadderFrom::warning;
    made.steps[1].severity = Urgency::warning;
    made.steps[2].name = "breach";
    made.steps[2].from = LadderFrom::deadline;
    made.steps[2].severity = Urgency::urgent;
    made.steps[2].to = {std::string(to_deciders), std::string(to_role) + "admin"};
    return made;
  }();
  return ladder;
}

const Ladder& State::ladder() const { return created.ladder ? *created.ladder : plain_ladder(); }

std::optional<NextStep> next_step(const State& state) {
  std::optional<NextStep> next;
  if (!state.open() || state.paused_at) return next;
  const auto& steps = state.ladder().steps;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (was_taken(state, i)) continue;
    if (state.deferral && steps[i].from == LadderFrom::created) continue;
    const auto minutes = minutes_of(state, steps[i]);
    if (!minutes) continue;
    const Time due = state.due(*minutes).value_or(state.created.at);
    if (!next || due < next->due) next = NextStep{i, due};
  }
  return next;
}

std::vector<std::size_t> missed_steps(const State& state, Time at) {
  if (!state.deferral) return {};
  std::vector<std::pair<int, std::size_t>> due;  // by their minutes
  const auto& steps = state.ladder().steps;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto minutes = minutes_of(state, steps[i]);
    if (steps[i].from != LadderFrom::created || !minutes || was_taken(state, i)) continue;
    if (state.running(at) >= Millis{*minutes * std::int64_t{60'000}}) due.emplace_back(*minutes, i);
  }
  std::sort(due.begin(), due.end());
  if (!due.empty()) due.pop_back();
  std::vector<std::size_t> missed;
  for (const auto& [minutes, step] : due) missed.push_back(step);
  return missed;
}

std::vector<std::string> audience(const State& state, const std::vector<std::string>& to,
                                  const std::optional<std::vector<std::string>>& able,
                                  const Directory& people) {
  std::set<std::string> names;
  for (const std::string_view word : to) {
    if (word == to_deciders) add_deciders(state, able, people, names);
    const bool role = word.starts_with(to_role);
    if (!role && !word.starts_with(to_group)) continue;
    const std::string_view wanted = word.substr((role ? to_role : to_group).size());
    for (const Person& person : people.people) {
      if (person.agent) continue;
      const bool meant = role ? holds(person, wanted)
                              : std::find(person.groups.begin(), person.groups.end(), wanted) !=
                                    person.groups.end();
      if (meant) names.insert(person.id);
    }
  }
  return {names.begin(), names.end()};
}

}  // namespace factory::task
