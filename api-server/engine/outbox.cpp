#include "engine/outbox.hpp"

#include <algorithm>

#include "common/log.hpp"

namespace factory::engine {

namespace {

constexpr int most_at_once = 16;

storage::EffectOutcome settled(const storage::EffectRow& effect, const Attempt& attempt,
                               const OutboxPolicy& policy, Time now, std::uint64_t random) {
  const auto next = [&] {
    return now + attempt.after.value_or(backoff(policy, effect.attempts, random));
  };
  switch (attempt.outcome) {
    case Attempt::Outcome::done: return {effect.id, "done", now, ""};
    case Attempt::Outcome::obsolete: return {effect.id, "obsolete", now, ""};
    case Attempt::Outcome::later: return {effect.id, "later", next(), attempt.error};
    case Attempt::Outcome::retry:
    case Attempt::Outcome::give_up: break;
  }
  if (attempt.outcome == Attempt::Outcome::give_up || effect.attempts >= policy.most_attempts) {
    log(LogLevel::error, "an effect is a dead letter now",
        {{"effect", effect.id}, {"kind", effect.kind}, {"error", attempt.error}});
    return {effect.id, "dead", now, attempt.error};
  }
  return {effect.id, "pending", next(), attempt.error};
}

}  // namespace

Millis backoff(const OutboxPolicy& policy, int attempts, std::uint64_t random) {
  Millis delay = policy.first_delay;
  for (int i = 1; i < attempts && delay < policy.longest_delay; ++i) delay *= 2;
  delay = std::min(delay, policy.longest_delay);
  const auto jitter = static_cast<std::uint64_t>(delay.count() / 4 + 1);
  return delay + Millis{static_cast<std::int64_t>(random % jitter)};
}

int run_effects(Runner& runner, const Clock& clock, IdSource& ids,
                const std::map<std::string, EffectHandler>& handlers, const OutboxPolicy& policy,
                const std::stop_token& stop, Observer* observer) {
  std::vector<storage::EffectRow> claimed;
  runner.with_store([&](storage::Store& store) {
    const Time now = clock.now();
    claimed = store.claim_effects(now, now + policy.lease, most_at_once);
  });
  std::vector<storage::EffectOutcome> outcomes;
  for (const storage::EffectRow& effect : claimed) {
    if (stop.stop_requested()) break;  // the lease runs out, and somebody else takes it
    const auto handler = handlers.find(effect.kind);
    const Attempt attempt =
        handler == handlers.end()
            ? Attempt{Attempt::Outcome::retry, "nothing here carries out " + effect.kind}
            : handler->second(effect, stop);
    outcomes.push_back(settled(effect, attempt, policy, clock.now(), ids.next(clock.now()).low));
    const bool attempted = attempt.outcome != Attempt::Outcome::later;
    if (observer != nullptr && attempted) observer->effect_attempted(outcomes.back().status);
  }
  if (!outcomes.empty()) {
    runner.with_store([&](storage::Store& store) { store.settle_effects(outcomes); });
  }
  return static_cast<int>(claimed.size());
}

}  // namespace factory::engine
