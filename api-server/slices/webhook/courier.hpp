#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "common/addresses.hpp"
#include "common/clock.hpp"
#include "common/digest.hpp"
#include "common/ids.hpp"
#include "engine/runner.hpp"
#include "slices/webhook/attempt.hpp"
#include "storage/deliveries.hpp"
#include "storage/store.hpp"

namespace factory::webhook {

struct CourierOptions {
  int workers = 8;      ///< deliveries under way at once; 0: step() itself carries them, one by one
  int per_webhook = 3;  ///< of them to one webhook; to one that fails, a single one
  Timeouts timeouts;
  Patience patience;
  Millis lease{10 * 60'000LL};                   ///< should one be lost while the process lives
  Millis keep_delivered{30 * 24 * 3'600'000LL};  ///< in the log of deliveries
  Millis keep_dead{90 * 24 * 3'600'000LL};
};

/// References must outlive the courier.
struct CourierParts {
  engine::Runner& runner;
  storage::Store& store;
  storage::Deliveries& deliveries;
  const Clock& clock;
  IdSource& ids;
  Hash sealing_key;       ///< of the webhooks' secrets
  std::string source;     ///< of CloudEvents
  AddressRanges allowed;  ///< besides public addresses
};

/// Follows the log and carries what it gives to the webhooks: at least once, each under its id, in
/// order for each entity, never more than one of an entity at a time. A receiver that hangs or
/// fails keeps `per_webhook` of the workers busy at most. It alone works on its queue.
class Courier {
 public:
  Courier(CourierParts parts, CourierOptions options);
  ~Courier();  ///< stop()
  Courier(const Courier&) = delete;
  Courier& operator=(const Courier&) = delete;

  /// Steps from now on by itself, every `interval` and whenever a worker is free again.
  void start(Millis interval);
  /// There is something to do: step now. From any thread.
  void poke();

  /// Reads the log on and hands out what is due; true if there is more to do at once. One thread at
  /// a time.
  bool step(const std::stop_token& stop);
  /// Forgets what was settled long ago; true if there is more.
  bool prune();
  /// Ends what is under way (it is sent again after the next start) and the workers. Idempotent.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace factory::webhook
