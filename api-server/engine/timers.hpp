#pragma once

#include <any>
#include <functional>
#include <memory>
#include <vector>

#include "engine/runner.hpp"

namespace factory::engine {

/// The command for a timer that is due, where it takes more than its name; empty: what the slice
/// makes of that.
using TimerCommand = std::function<std::any(const Slice&, const storage::TimerRow&)>;

/// How many fire in one call.
inline constexpr int most_timers_at_once = 200;

/// Turns timers that are due into commands of their streams. A timer stays in the store until a
/// commit cancels or moves it, so none is lost; one that came due while the process was down fires
/// at the next call. Returns how many fired. Any thread, one at a time. `observer` may be null.
int fire_timers(Runner& runner, storage::Store& store, const Clock& clock,
                const std::vector<std::shared_ptr<const Slice>>& slices,
                const TimerCommand& command = {}, Observer* observer = nullptr);

}  // namespace factory::engine
