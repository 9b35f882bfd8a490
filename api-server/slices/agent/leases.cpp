#include "slices/agent/leases.hpp"

#include <algorithm>
#include <utility>

namespace factory::agent {

void Leases::put(const std::string& id, std::shared_ptr<const State> state, Time now) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[id];
  const bool came =
      state->online() && (!entry.state || entry.state->online_since != state->online_since);
  if (came) {
    entry.until = now + state->ttl();
    entry.closed = false;
  }
  if (!state->online()) entry.closed = true;
  if (!entry.state || entry.state->profile.at != state->profile.at) {
    entry.last_heartbeat.reset();
    entry.metrics.clear();
  }
  entry.state = std::move(state);
}

Leases::Entry* Leases::extend(const std::string& id, Time now, Renewal& renewal) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return nullptr;
  Entry& entry = found->second;
  if (!stands(entry, now)) {
    renewal.lapsed = entry.state->online_since;
    return nullptr;
  }
  entry.until = std::max(entry.until, now + entry.state->ttl());
  renewal.sign = Sign::renewed;
  return &entry;
}

Leases::Renewal Leases::renew(const std::string& id, Status status, Time now,
                              const std::string& metrics) {
  const std::lock_guard lock(mutex_);
  Renewal renewal;
  Entry* const entry = extend(id, now, renewal);
  if (entry == nullptr) return renewal;
  entry->last_heartbeat = now;
  if (!metrics.empty()) entry->metrics = metrics;
  if (entry->state->status != status) renewal.sign = Sign::changed;
  return renewal;
}

Leases::Renewal Leases::touch(const std::string& id, Time now) {
  const std::lock_guard lock(mutex_);
  Renewal renewal;
  extend(id, now, renewal);
  return renewal;
}

void Leases::note(const std::string& id, Time now, const std::string& metrics) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end()) return;
  found->second.last_heartbeat = now;
  if (!metrics.empty()) found->second.metrics = metrics;
}

LeaseDue Leases::due(const std::string& id, Time now) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end()) return {std::nullopt, now};
  Entry& entry = found->second;
  if (stands(entry, now)) return {entry.until, entry.until};
  entry.closed = true;
  return {std::nullopt, std::min(entry.until, now)};
}

Leases::Look Leases::look(const std::string& id, Time now) const {
  const std::lock_guard lock(mutex_);
  Look look;
  const auto found = entries_.find(id);
  if (found == entries_.end()) return look;
  const Entry& entry = found->second;
  const State& state = *entry.state;
  look.online = state.online() && stands(entry, now);
  look.last_heartbeat = entry.last_heartbeat;
  if (state.last_seen && (!look.last_heartbeat || *look.last_heartbeat < *state.last_seen)) {
    look.last_heartbeat = state.last_seen;
  }
  look.metrics = entry.metrics;
  look.ended = ended_in_a_day(state, now);
  if (!look.online) return look;
  look.until = entry.until;
  if (state.online_since) {
    look.uptime_seconds = std::max<std::int64_t>((now - *state.online_since).count() / 1000, 0);
  }
  return look;
}

}  // namespace factory::agent
