#pragma once

#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "http/services.hpp"
#include "slices/agent/leases.hpp"

namespace factory::agent {

/// Which offers are being taken right now by requests of this process, so that many agents that ask
/// at once do not all try the first one. A hint: who gets it is decided by the commit. Thread-safe.
class HandingOut {
 public:
  /// Somebody's turn at an offer, as long as it lives.
  class Turn {
   public:
    Turn(HandingOut& all, std::string id) : all_(all), id_(std::move(id)) {
      const std::lock_guard lock(all_.mutex_);
      mine_ = all_.taken_.insert(id_).second;
    }
    ~Turn() {
      const std::lock_guard lock(all_.mutex_);
      if (mine_) all_.taken_.erase(id_);
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    [[nodiscard]] bool mine() const { return mine_; }  ///< false: somebody else is at it

   private:
    HandingOut& all_;
    std::string id_;
    bool mine_ = false;
  };

 private:
  std::mutex mutex_;
  std::set<std::string> taken_;
};

/// POST /v1/agents/{agent_id}/next: the most urgent work that waits and fits, claimed for the agent
/// in one commit; {"agent_id", "task": null} if there is none among the first 5,000 that wait. Of
/// many that ask at once exactly one gets an item. Asking is a sign of life: it renews the lease.
/// A repetition with the same Idempotency-Key gets what it got.
Result<http::Answer> next(const Services& services, Leases& leases, HandingOut& handing,
                          const http::Request& request);

}  // namespace factory::agent
