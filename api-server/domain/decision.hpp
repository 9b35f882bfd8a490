#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.hpp"
#include "common/ids.hpp"
#include "common/result.hpp"
#include "domain/principal.hpp"

namespace factory {

/// All that a decision may know besides the state and the command. Values only.
struct Ctx {
  Time now{};
  Principal actor;
  IdSeed ids;
  const Directory* people = nullptr;  ///< never null while deciding
  /// Kinds of effects that somebody carries out; null: whatever is asked for.
  const std::vector<std::string>* effect_kinds = nullptr;

  [[nodiscard]] bool carries_out(std::string_view kind) const {
    return effect_kinds == nullptr ||
           std::find(effect_kinds->begin(), effect_kinds->end(), kind) != effect_kinds->end();
  }
};

/// A durable alarm of the stream, by name; nullopt cancels it. It fires at least once.
struct Timer {
  std::string name;
  std::optional<Time> due;
};

/// Something to be done outside the house once this is on disk.
struct Effect {
  std::string kind;     ///< "announce"
  std::string subject;  ///< what it tells, for example "task.sla_warning"
};

/// What a command comes to. No events: nothing changes, and the caller gets what stands.
template <class Event>
struct Decision {
  std::vector<Event> events;
  std::vector<Timer> timers;
  std::vector<Effect> effects;
};

/// An entry of the ordered index (see storage::Tag).
struct IndexEntry {
  std::string key;
  std::string value;
  std::int64_t rank = 0;
  std::int64_t at = 0;
  /// No other stream may have (key, value): a command that would break this is refused as a
  /// `conflict` that names who has it. The key is "kind.field", the field that of the request.
  bool unique = false;
};

/// What reads are served from: made by a slice's view.cpp from its state alone.
struct View {
  std::string status;
  std::string doc;   ///< JSON text of an object; the engine adds version and updated_at
  std::string text;  ///< for full-text search; empty: not found by it
  std::vector<IndexEntry> index;
};

}  // namespace factory
