#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "domain/decision.hpp"

/// An agent: a registered worker that shows by heartbeats that it lives. Its stream is named after
/// it ("agent_goose"), so that a name is taken once, and whoever holds a key of role agent and that
/// name is that agent.
///
/// Heartbeats renew a lease that is kept in memory (leases.hpp) and are no events; what changes the
/// status is one. A lease that runs out makes the agent offline and frees what it holds.
namespace factory::agent {

enum class Status { none, offline, idle, active, error, deregistered };

/// Work that an agent holds: a task, or the work of a pipeline's current stage.
struct Item {
  std::string id;    ///< of the task; of the pipeline for the work of a stage
  std::string kind;  ///< stage_work, fix_required, manual_action
  std::string pipeline_id;
  std::string pipeline_name;
  std::string stage;
  std::string title;
  Time since{};
  static constexpr auto fields() {
    return std::tuple{field("id", &Item::id),
                      field("kind", &Item::kind),
                      field("pipeline_id", &Item::pipeline_id),
                      field("pipeline_name", &Item::pipeline_name),
                      field("stage", &Item::stage),
                      field("title", &Item::title),
                      field("since", &Item::since)};
  }
};

// --- events -----------------------------------------------------------------------------------

struct Registered {
  static constexpr std::string_view type = "agent.registered";
  std::string name;
  std::string kind;  ///< ai_builder, test_runner, deployer, monitor, …
  std::vector<std::string> capabilities;
  std::string owner;  ///< who answers for it
  int lease_ttl_seconds = 60;
  std::string by;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("name", &Registered::name),
                      field("kind", &Registered::kind),
                      field("capabilities", &Registered::capabilities),
                      field("owner", &Registered::owner),
                      field("lease_ttl_seconds", &Registered::lease_ttl_seconds),
                      field("by", &Registered::by),
                      field("at", &Registered::at)};
  }
};

/// Only what is present changed.
struct Updated {
  static constexpr std::string_view type = "agent.updated";
  std::optional<std::string> kind;
  std::optional<std::vector<std::string>> capabilities;
  std::optional<std::string> owner;
  std::optional<int> lease_ttl_seconds;
  std::string by;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{
        field("kind", &Updated::kind),   field("capabilities", &Updated::capabilities),
        field("owner", &Updated::owner), field("lease_ttl_seconds", &Updated::lease_ttl_seconds),
        field("by", &Updated::by),       field("at", &Updated::at)};
  }
};

struct StatusChanged {
  static constexpr std::string_view type = "agent.status_changed";
  Status from = Status::offline;
  Status to = Status::offline;
  std::string cause;           ///< heartbeat, work_taken, lease_expired
  std::vector<Item> released;  ///< what it held and holds no more
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("from", &StatusChanged::from), field("to", &StatusChanged::to),
                      field("cause", &StatusChanged::cause),
                      field("released", &StatusChanged::released), field("at", &StatusChanged::at)};
  }
};

struct WorkTaken {
  static constexpr std::string_view type = "agent.work_taken";
  Item item;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("item", &WorkTaken::item), field("at", &WorkTaken::at)};
  }
};

struct WorkEnded {
  static constexpr std::string_view type = "agent.work_ended";
  std::string id;
  std::string outcome;  ///< done, failed, released, taken_away, cancelled
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("id", &WorkEnded::id), field("outcome", &WorkEnded::outcome),
                      field("at", &WorkEnded::at)};
  }
};

struct Deregistered {
  static constexpr std::string_view type = "agent.deregistered";
  std::string by;
  std::string reason;
  std::vector<Item> released;
  Time at{};
  static constexpr auto fields() {
    return std::tuple{field("by", &Deregistered::by), field("reason", &Deregistered::reason),
                      field("released", &Deregistered::released), field("at", &Deregistered::at)};
  }
};

using Event = std::variant<Registered, Updated, StatusChanged, WorkTaken, WorkEnded, Deregistered>;

// --- state ------------------------------------------------------------------------------------

/// What ended within one minute.
struct Ended {
  std::int64_t minute = 0;  ///< since 1970
  std::int64_t done = 0;
  std::int64_t failed = 0;
};

struct State {
  Status status = Status::none;
  Registered profile;                ///< kept current
  std::optional<Time> online_since;  ///< nullopt: offline
  std::optional<Time> last_seen;     ///< the last event that showed that it lives
  Time since{};                      ///< since when the status is what it is
  std::vector<Item> holding;         ///< in the order in which it was taken
  std::vector<Item> lost;            ///< what it held when it went offline; empty once it is back
  std::vector<Ended> ended;          ///< of the last 24 hours before the newest, oldest first
  std::string reason;                ///< of the deregistration

  [[nodiscard]] bool online() const {
    return status == Status::idle || status == Status::active || status == Status::error;
  }
  [[nodiscard]] Millis ttl() const { return Millis{profile.lease_ttl_seconds * 1000LL}; }
};

/// Work that ended in the 24 hours up to `now`, to the minute.
Ended ended_in_a_day(const State& state, Time now);

// --- commands ---------------------------------------------------------------------------------

struct Register {
  Registered profile;  ///< `by`, `at` and an empty `owner` are filled by decide
};
struct Update {
  Updated changes;  ///< `by` and `at` are filled by decide
};
struct Deregister {
  std::string reason;
};
/// A sign of life that memory alone cannot answer: the status changed, or the lease had run out
/// before it came. Then the agent was offline in between, and that is written first.
struct Heartbeat {
  Status to = Status::active;  ///< idle, active or error
  /// The lease had run out of the time online that began then. Meanwhile another one may have.
  std::optional<Time> lapsed = std::nullopt;
};
/// The lease's alarm. `until`: it stands until then; nullopt: it ran out at `ran_out`.
struct LeaseDue {
  std::optional<Time> until;
  Time ran_out = Time::max();
};
/// From inside the house: the agent took work, or work that it may hold ended.
struct TakeUp {
  Item item;  ///< `since` is filled by decide
};
struct End {
  std::string id;
  std::string outcome;
};
using Command = std::variant<Register, Update, Deregister, Heartbeat, LeaseDue, TakeUp, End>;

// --- the slice --------------------------------------------------------------------------------

/// The stream of the agent with this name, which is also its id.
inline std::string stream_of(const std::string& name) { return "agent_" + name; }

/// What says the same to whoever asks about or for an agent.
Error missing(const std::string& name);
Error not_allowed(const Principal& actor, const std::string& name);
/// Whether `actor` is this agent, or manages agents.
bool speaks_for(const Principal& actor, const std::string& name);

/// TakeUp, End and LeaseDue ask for no right and do nothing to who is not registered.
Result<Decision<Event>> decide(const State& state, const Command& command, const Ctx& ctx);
State evolve(State state, const Event& event);
View view(const std::string& id, const State& state);

struct Definition {
  using State = agent::State;
  using Command = agent::Command;
  using Event = agent::Event;
  static constexpr std::string_view kind = "agent";
  static constexpr std::string_view prefix = "agent";
  static constexpr int view_version = 1;
  /// Where nobody keeps leases, one that is due has run out.
  static Command timer_fired(const std::string& /*name*/) { return LeaseDue{}; }
};

}  // namespace factory::agent

namespace factory {
template <>
struct EnumNames<agent::Status> {
  static constexpr std::array<std::string_view, 6> names{"none",   "offline", "idle",
                                                         "active", "error",   "deregistered"};
};
}  // namespace factory
