#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "domain/principal.hpp"
#include "http/auth.hpp"
#include "slices/key/key.hpp"
#include "slices/key/mint.hpp"

namespace factory::key {

/// The keys that are active, and those that were revoked while the process runs, in memory. Filled
/// at the start, and by whoever commits before the command is answered: from then on a new key
/// opens and a revoked one does not. Thread-safe.
class Registry {
 public:
  /// How a key stands now. A revoked one that was never known is passed over.
  void put(const std::string& id, const State& state);

  /// The persons and agents that the active keys belong to. Each holds one role for every active
  /// key of theirs, so that the owner's keys can be counted.
  [[nodiscard]] std::shared_ptr<const Directory> people() const;

  /// The key with this id; nullptr if there is none.
  [[nodiscard]] std::shared_ptr<const http::Credential> find(const std::string& key_id) const;

 private:
  [[nodiscard]] std::shared_ptr<const Directory> gather() const;

  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const http::Credential>> keys_;
  std::shared_ptr<const Directory> people_ = std::make_shared<const Directory>();
};

}  // namespace factory::key
