#pragma once

#include <map>
#include <string>
#include <vector>

#include "slices/webhook/webhook.hpp"
#include "storage/deliveries.hpp"
#include "storage/store.hpp"

namespace factory::webhook {

/// Makes deliveries out of the log: a follower with a durable position. Which deliveries an event
/// gives depends on the log before it alone, so that it does not matter how often or how late it is
/// read. One thread at a time; the references must outlive it.
class Follower {
 public:
  /// `source` is the CloudEvents source. A new queue begins at the end of the log.
  Follower(storage::Store& store, storage::Deliveries& deliveries, std::string source, Time now);

  /// Reads the next events; true if there is more to read.
  bool follow(Time now, storage::Newest newest);
  /// Those that are enabled as far as the log was read.
  [[nodiscard]] std::vector<std::string> enabled() const;

 private:
  void begin(Time now);
  void load();
  void apply(const storage::EventRecord& record, std::vector<storage::WebhookChange>& changes);
  [[nodiscard]] storage::EventQuery next(storage::Newest newest) const;

  storage::Store& store_;
  storage::Deliveries& deliveries_;
  std::string source_;
  std::int64_t position_ = 0;          ///< read up to here
  std::int64_t written_ = 0;           ///< and this is written down
  std::map<std::string, State> book_;  ///< the webhooks as of `position_`, without deleted ones
};

}  // namespace factory::webhook
