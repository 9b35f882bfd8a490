#pragma once

#include <chrono>
#include <cstdint>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/blobs.hpp"
#include "storage/store.hpp"

namespace factory::asset {

/// How old a blob must be to be removed: no upload takes longer from its last byte to its commit.
inline constexpr std::chrono::seconds kGrace{3600};

/// What a collection found.
struct Collected {
  std::int64_t blobs = 0;    ///< that are stored
  std::int64_t young = 0;    ///< of them: not looked at, somebody may be about to refer to them
  std::int64_t removed = 0;  ///< or would be, in a dry run
  std::uint64_t bytes = 0;   ///< of those
  std::vector<std::string> digests;  ///< of those, at most 1,000
};

/// Takes blobs away that nothing refers to any more. A blob is needed as long as a view carries the
/// tag `blob` with its digest, or an event names its digest, also one that is in an archive. Events
/// of assets, and digests that are told as "sha256:…", say what once was: they keep nothing. One
/// thread at a time.
class Collector {
 public:
  /// `archives`: the folder of engine/archive.hpp, which need not be there.
  Collector(storage::Store& store, storage::Blobs& blobs, std::string archives)
      : store_(store), blobs_(blobs), archives_(std::move(archives)) {}

  /// `grace`: how old a blob must be to be looked at. Throws StoreFailure. A stop leaves the rest
  /// for the next time.
  Collected run(std::chrono::seconds grace, bool dry_run, const std::stop_token& stop = {});

 private:
  using Digests = std::set<std::string>;

  [[nodiscard]] bool needed_by_view(const std::string& digest);
  /// Takes those that an event names out of `suspects`. False if it was stopped.
  bool drop_named(Digests& suspects, const std::stop_token& stop);
  bool drop_archived(Digests& suspects, const std::stop_token& stop);
  void drop(std::string_view text, Digests& suspects);

  storage::Store& store_;
  storage::Blobs& blobs_;
  const std::string archives_;
  Digests named_;  ///< by events, which never change: need not be looked for again
};

}  // namespace factory::asset
