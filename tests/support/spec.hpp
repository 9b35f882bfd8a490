#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "common/errors.hpp"
#include "domain/decision.hpp"
#include "domain/principal.hpp"
#include "engine/codec.hpp"
#include "engine/slice.hpp"

/// Given events, when a command, then events or a refusal: how a slice is tested without engine and
/// store. Works for every type that engine::SliceOf takes.
///
///   Spec<gate::Definition> spec({person("alice"), person("bob")});
///   spec.given(gate::Opened{…});
///   CHECK(spec.as(person("bob")).when(gate::Vote{}).brief() == "approval.voted
///   approval.approved"); CHECK(spec.as(person("bob")).when(gate::Cancel{}).brief() == "refused:
///   conflict");
namespace factory::test {

/// When every story begins.
inline const Time story_start = *parse_time("2026-03-02T09:00:00.000Z");

inline Time minute(std::int64_t minutes) { return story_start + Millis{minutes * 60'000}; }

inline Principal person(std::string id, Role role = Role::operator_,
                        std::vector<std::string> groups = {}) {
  return {ActorType::person, std::move(id), "rest", role, std::move(groups)};
}

inline Principal agent(std::string id) {
  return {ActorType::agent, std::move(id), "mcp", Role::agent, {}};
}

inline Principal over(std::string channel, Principal who) {
  who.channel = std::move(channel);
  return who;
}

/// Everybody, in order of id; several principals of one id are several keys of one person.
inline Directory directory(const std::vector<Principal>& keys) {
  std::map<std::string, Person> by_id;
  for (const Principal& key : keys) {
    Person& owner = by_id.try_emplace(key.id, Person{key.id, false, {}, {}}).first->second;
    owner.agent = owner.agent || key.type == ActorType::agent;
    owner.roles.push_back(key.role);
    if (key.role == Role::owner) ++owner.ways_as_owner;
    owner.groups.insert(owner.groups.end(), key.groups.begin(), key.groups.end());
  }
  Directory result;
  for (auto& [id, owner] : by_id) result.people.push_back(std::move(owner));
  return result;
}

template <class Event>
std::string type_of(const Event& event) {
  return std::visit([](const auto& alternative) { return std::string(alternative.type); }, event);
}

template <class Event>
nlohmann::json data_of(const Event& event) {
  return std::visit(
      [](const auto& alternative) { return nlohmann::json::parse(engine::encode(alternative)); },
      event);
}

/// A view, its document read.
struct Shown {
  std::string status;
  nlohmann::json doc;
  std::string text;
  std::vector<IndexEntry> index;
};

/// What a command came to.
template <class Event>
struct Outcome {
  std::vector<Event> events;
  std::vector<Timer> timers;
  std::vector<Effect> effects;
  std::optional<Error> error;

  /// "pipeline.paused task.cancelled", "refused: conflict", or "nothing": one word for a table.
  [[nodiscard]] std::string brief() const {
    if (error) return "refused: " + std::string(to_string(error->code));
    if (events.empty()) return "nothing";
    std::string all;
    for (const Event& event : events) all += (all.empty() ? "" : " ") + type_of(event);
    return all;
  }

  /// The first event of this type. Throws std::logic_error if there is none.
  template <class Alternative>
  [[nodiscard]] const Alternative& first() const {
    for (const Event& event : events) {
      if (const auto* found = std::get_if<Alternative>(&event)) return *found;
    }
    throw std::logic_error("no " + std::string(Alternative::type) + " in: " + brief());
  }

  /// What is announced: "approval.pending approval.approved".
  [[nodiscard]] std::string announced() const {
    std::string all;
    for (const Effect& effect : effects) all += (all.empty() ? "" : " ") + effect.subject;
    return all;
  }

  /// The refusal's sentence; empty if there was none.
  [[nodiscard]] std::string detail() const { return error ? error->detail : ""; }

  friend std::ostream& operator<<(std::ostream& out, const Outcome& outcome) {
    out << outcome.brief() << ' ' << outcome.detail();
    for (const Event& event : outcome.events) out << "\n  " << data_of(event).dump();
    return out;
  }
};

/// One stream of a slice in a story. Every event passes through its stored form before it is
/// applied, so that a member that `fields()` forgets shows as a wrong state.
template <class D>
class Spec {
 public:
  using State = typename D::State;
  using Command = typename D::Command;
  using Event = typename D::Event;

  explicit Spec(const std::vector<Principal>& everybody = {}) { people(everybody); }

  /// Who could act from now on.
  Spec& people(const std::vector<Principal>& everybody) {
    people_ = directory(everybody);
    return *this;
  }
  /// Who acts from now on. Nobody named: the system.
  Spec& as(Principal actor) {
    actor_ = std::move(actor);
    return *this;
  }
  /// Sets the clock; no timer fires by this.
  Spec& at(Time now) {
    now_ = now;
    return *this;
  }

  /// What has happened before.
  Spec& given(const Event& event) {
    apply(event);
    return *this;
  }

  /// Decides and, unless refused, applies events and timers as the engine would.
  Outcome<Event> when(const Command& command) {
    Outcome<Event> outcome = ask(command);
    for (const Event& event : outcome.events) apply(event);
    for (const Timer& timer : outcome.timers) {
      if (timer.due) {
        timers_[timer.name] = *timer.due;
      } else {
        timers_.erase(timer.name);
      }
    }
    return outcome;
  }

  /// Decides and changes nothing.
  [[nodiscard]] Outcome<Event> ask(const Command& command) const {
    Ctx ctx;
    ctx.now = now_;
    ctx.actor = actor_;
    ctx.ids = IdSeed{now_, 7, ++seed_};
    ctx.people = &people_;
    auto decision = engine::FunctionsOf<D>::of_command(state_, command, ctx);
    if (!decision) return {{}, {}, {}, std::move(decision.error())};
    return {std::move(decision->events), std::move(decision->timers), std::move(decision->effects),
            std::nullopt};
  }

  /// Moves the clock to `until` and fires what comes due on the way, in order, at its moment and
  /// by the system. Returns the types of all events: "task.sla_warning task.sla_breached".
  std::string run_until(Time until) {
    const Principal actor = std::exchange(actor_, Principal{});
    std::string all;
    for (int fired = 0;; ++fired) {
      const auto next = next_timer();
      if (!next || next->second > until) break;
      if (fired == 100) throw std::logic_error("timer " + next->first + " never comes to rest");
      now_ = std::max(now_, next->second);
      const Outcome<Event> outcome = when(D::timer_fired(next->first));
      if (outcome.error) throw std::logic_error("a timer was refused: " + outcome.error->detail);
      for (const Event& event : outcome.events) all += (all.empty() ? "" : " ") + type_of(event);
    }
    now_ = until;
    actor_ = actor;
    return all;
  }

  [[nodiscard]] const State& state() const { return state_; }
  [[nodiscard]] Time now() const { return now_; }
  [[nodiscard]] const Directory& everybody() const { return people_; }
  /// All that has happened, oldest first.
  [[nodiscard]] const std::vector<Event>& history() const { return history_; }
  /// The timers that are set.
  [[nodiscard]] const std::map<std::string, Time>& timers() const { return timers_; }
  [[nodiscard]] Shown view(const std::string& id = std::string(D::prefix) + "_test") const {
    View view = engine::FunctionsOf<D>::of_state(id, state_);
    return {std::move(view.status), nlohmann::json::parse(view.doc), std::move(view.text),
            std::move(view.index)};
  }

 private:
  void apply(const Event& event) {
    const nlohmann::json stored = data_of(event);
    Event read = engine::decode_event<Event>(type_of(event), nlohmann::json::parse(stored.dump()));
    if (data_of(read) != stored) {
      throw std::logic_error(type_of(event) + " reads back as another: " + stored.dump());
    }
    state_ = engine::FunctionsOf<D>::of_event(std::move(state_), read);
    history_.push_back(std::move(read));
  }

  [[nodiscard]] std::optional<std::pair<std::string, Time>> next_timer() const {
    const auto first =
        std::min_element(timers_.begin(), timers_.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    if (first == timers_.end()) return std::nullopt;
    return *first;
  }

  State state_{};
  Time now_ = story_start;
  Principal actor_;
  Directory people_;
  std::vector<Event> history_;
  std::map<std::string, Time> timers_;
  mutable std::uint64_t seed_ = 0;
};

}  // namespace factory::test
