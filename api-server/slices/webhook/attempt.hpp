#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "common/clock.hpp"
#include "common/http_client.hpp"
#include "storage/deliveries.hpp"

namespace factory::webhook {

struct Timeouts {
  Millis connect{5'000};  ///< name lookup included
  Millis whole{20'000};
};

/// What one attempt came to.
struct Tried {
  enum class Outcome {
    delivered,  ///< 2xx
    failed,     ///< anything else, redirections included
    gone,       ///< 410: the receiver wants nothing more
    cancelled,  ///< stopped by us: it does not count
  };
  Outcome outcome = Outcome::failed;
  storage::DeliveryAttempt attempt;   ///< as it is written down
  std::optional<Millis> retry_after;  ///< what the receiver asked for
};

/// Sends a delivery to `url` once, signed with each of `keys`. Thread-safe.
Tried attempt(HttpClient& client, const Clock& clock, const Timeouts& timeouts,
              const std::string& url, const std::vector<std::string>& keys,
              const storage::Delivery& delivery, const std::stop_token& stop);

/// When a delivery is given up, and a webhook disabled.
struct Patience {
  Millis first_delay{10'000};  ///< the longest wait after the first failure
  int growth = 6;              ///< by which that grows with each further one
  Millis longest_delay{24 * 3'600'000LL};
  Millis horizon{72 * 3'600'000LL};          ///< tried at least for so long
  int least_tries = 8;                       ///< and so often
  Millis failing_for{5 * 24 * 3'600'000LL};  ///< then the webhook is disabled
  int dead_in_row = 20;                      ///< or after so many dead letters
};

/// What comes of it: delivered; given up; or due again after a time that is drawn from nought to a
/// bound which grows with each failure (exponential backoff with full jitter), but not before the
/// receiver wants it. A receiver that is away for less than `horizon - longest_delay` gets
/// everything. Pure.
storage::DeliveryOutcome outcome_of(const Tried& tried, const storage::Delivery& delivery, Time now,
                                    const Patience& patience, std::uint64_t random);

/// Why the webhook has to be disabled, in words; empty: it need not. Pure.
std::string given_up(const storage::DeliveryHealth& health, Time now, const Patience& patience);

}  // namespace factory::webhook
