#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

namespace factory::storage {

/// The last versions of the streams that were written lately, which saves a look-up. Bounded; one
/// thread at a time.
class Heads {
 public:
  std::optional<std::int64_t> find(const std::string& stream) const {
    if (const auto young = young_.find(stream); young != young_.end()) return young->second;
    if (const auto old = old_.find(stream); old != old_.end()) return old->second;
    return std::nullopt;
  }
  void put(const std::string& stream, std::int64_t version) {
    if (young_.size() >= kGeneration) {
      old_ = std::move(young_);
      young_.clear();
    }
    young_.insert_or_assign(stream, version);
  }

 private:
  static constexpr std::size_t kGeneration = 8192;

  std::unordered_map<std::string, std::int64_t> young_, old_;
};

}  // namespace factory::storage
