#include <utility>

#include "slices/webhook/webhook.hpp"

namespace factory::webhook {
namespace {

struct Evolver {
  State& state;

  void operator()(const Registered& event) const {
    state = State{};
    state.status = event.enabled ? Status::enabled : Status::disabled;
    state.registered = event;
    state.sealed_secret = event.sealed_secret;
    if (!event.enabled) state.disabled = Disabled{Cause::requested, {}, event.by, event.at};
  }
  void operator()(const Updated& event) const {
    if (event.url) state.registered.url = *event.url;
    if (event.events) state.registered.events = *event.events;
    if (event.description) state.registered.description = *event.description;
  }
  void operator()(const SecretRotated& event) const {
    state.earlier = EarlierSecret{state.sealed_secret, event.overlap_until};
    state.sealed_secret = event.sealed_secret;
    state.rotated = event;
  }
  void operator()(const Enabled&) const {
    state.status = Status::enabled;
    state.disabled.reset();
  }
  void operator()(const Disabled& event) const {
    state.status = Status::disabled;
    state.disabled = event;
  }
  void operator()(const Deleted& event) const {
    state.status = Status::deleted;
    state.deleted = event;
    state.sealed_secret.clear();
    state.earlier.reset();
  }
};

/// "*" is everything, "task.*" every event of tasks.
bool covers(std::string_view pattern, std::string_view type) {
  if (!pattern.ends_with('*')) return pattern == type;
  return type.starts_with(pattern.substr(0, pattern.size() - 1));
}

}  // namespace

State evolve(State state, const Event& event) {
  std::visit(Evolver{state}, event);
  return state;
}

bool wants(const State& state, std::string_view event_type) {
  if (state.status != Status::enabled) return false;
  for (const std::string& pattern : state.registered.events) {
    if (covers(pattern, event_type)) return true;
  }
  return false;
}

std::vector<std::string> secrets_at(const State& state, Time now) {
  std::vector<std::string> secrets{state.sealed_secret};
  if (state.earlier && now < state.earlier->until) secrets.push_back(state.earlier->sealed);
  return secrets;
}

}  // namespace factory::webhook
