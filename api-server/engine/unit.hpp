#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/runner.hpp"

namespace factory::engine {

/// A stream as the writer knows it.
struct Entry {
  StatePtr state;
  std::int64_t version = 0;
  Hash head{};
  Time updated_at{};
  std::shared_ptr<const std::vector<storage::Tag>> tags;  ///< those of its view; null: none
  bool archived = false;                                  ///< nothing can be done to it any more
};

/// The newest known state of streams: hot ones are kept, the others come from the store. Never the
/// truth: the store checks every version. One thread only.
class StreamCache {
 public:
  explicit StreamCache(storage::Store& store) : store_(store) {}

  Entry get(const Slice& slice, const std::string& stream, bool fresh);
  void put(const std::string& stream, Entry entry);
  void drop(const std::string& stream);
  void clear();

 private:
  static constexpr std::size_t generation_size = 8192;
  storage::Store& store_;
  std::unordered_map<std::string, Entry> young_;
  std::unordered_map<std::string, Entry> old_;  ///< what was not used lately; dropped as a whole
};

/// What a batch decided so far and has not on disk yet.
using Overlay = std::unordered_map<std::string, Entry>;

/// One command and all that follows from it inside the house, decided and ready to be written.
struct Unit {
  storage::Commit commit;
  Overlay changed;
  std::vector<StreamChange> changes;
  Reply reply;
};

/// Decides `call` on what stands with `overlay` over `cache`: the whole of it, or why not.
/// Throws what the slices and the store throw.
Result<Unit> decide_unit(const Call& call, const RunnerParts& parts, StreamCache& cache,
                         const Overlay& overlay, const Directory& people);

}  // namespace factory::engine
