#pragma once

#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>

#include "engine/runner.hpp"

namespace factory::engine {

/// What one attempt at an effect came to.
struct Attempt {
  /// later: nothing was tried, as it is not its time yet, and that counts as no attempt. give_up:
  /// no further attempt could do better; it is a dead letter at once.
  enum class Outcome { done, obsolete, later, retry, give_up };
  Outcome outcome = Outcome::done;
  std::string error = {};            ///< of later and retry, or why it was given up
  std::optional<Millis> after = {};  ///< so long is waited; empty: by the policy
};

/// Carries out one effect: looks first whether it is still wanted (obsolete if not), and reports
/// failure instead of throwing. Done at least once: the effect's id lets the receiver tell
/// repetitions.
using EffectHandler = std::function<Attempt(const storage::EffectRow&, std::stop_token)>;

struct OutboxPolicy {
  Millis lease{60'000};
  Millis first_delay{1'000};  ///< doubles with each attempt, with up to a quarter of jitter
  Millis longest_delay{3'600'000};
  int most_attempts = 12;  ///< then it is a dead letter
};

/// Claims the effects that are due, carries them out and settles them. Returns how many it took.
/// One thread at a time. `observer` may be null.
int run_effects(Runner& runner, const Clock& clock, IdSource& ids,
                const std::map<std::string, EffectHandler>& handlers, const OutboxPolicy& policy,
                const std::stop_token& stop, Observer* observer = nullptr);

/// When the next attempt is due after `attempts` failed ones.
Millis backoff(const OutboxPolicy& policy, int attempts, std::uint64_t random);

}  // namespace factory::engine
