#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "slices/agent/agent.hpp"

namespace factory::agent {

/// Until when the heartbeats of each agent are good, in memory alone: a heartbeat costs no write.
/// What makes it safe is the stream's timer "lease", which is on disk: when it fires it asks here,
/// and is either set anew or ends in an event. After a start every agent that was online gets a
/// whole lease from then on. Thread-safe.
///
/// A lease that `due` has seen run out takes no heartbeat any more: such a one has to go through
/// the stream, where it is in order with what the timer does.
class Leases {
 public:
  enum class Sign {
    renewed,  ///< nothing else is to be done
    changed,  ///< renewed, but the stream has another status
    lapsed,   ///< there is no lease to renew
  };

  struct Renewal {
    Sign sign = Sign::lapsed;
    std::optional<Time> lapsed;  ///< since when the agent was online whose lease ran out
  };

  struct Look {
    bool online = false;
    std::optional<Time> until;
    std::optional<Time> last_heartbeat;  ///< or the last other sign of life
    std::string metrics;                 ///< JSON text of the last heartbeat; empty: none
    std::int64_t uptime_seconds = 0;
    Ended ended;  ///< of the last 24 hours
  };

  /// How a stream stands now. Who has come online since gets a lease from `now`.
  void put(const std::string& id, std::shared_ptr<const State> state, Time now);

  /// A heartbeat. `metrics` is JSON text, or empty for none.
  Renewal renew(const std::string& id, Status status, Time now, const std::string& metrics);
  /// Another sign of life: renews a lease that stands.
  Renewal touch(const std::string& id, Time now);
  /// What came with a heartbeat that went through the stream.
  void note(const std::string& id, Time now, const std::string& metrics);

  /// What the timer of this agent has to say now.
  LeaseDue due(const std::string& id, Time now);
  [[nodiscard]] Look look(const std::string& id, Time now) const;

 private:
  struct Entry {
    std::shared_ptr<const State> state;
    Time until{};
    bool closed = true;  ///< ran out, or never was
    std::optional<Time> last_heartbeat;
    std::string metrics;
  };
  /// The entry with its lease renewed; nullptr, and why in `renewal`, if there is none to renew.
  Entry* extend(const std::string& id, Time now, Renewal& renewal);
  static bool stands(const Entry& entry, Time now) { return !entry.closed && now < entry.until; }

  mutable std::mutex mutex_;
  std::map<std::string, Entry> entries_;
};

}  // namespace factory::agent
